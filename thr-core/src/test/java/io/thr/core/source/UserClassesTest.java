package io.thr.core.source;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.hasToString;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.config.ConfigDocument;
import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.core.config.TextFile;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Classes that a configuration names; what they implement here is the JDK's {@link Supplier}. */
class UserClassesTest {

    private static final List<Class<?>> ROLES = List.of(Supplier.class);

    @TempDir
    Path directory;

    // ---- source files

    @Test
    void file_is_compiled_with_all_that_is_in_it() {
        assertThat(got("Front.java", """
                package com.example;

                import java.util.function.Function;
                import java.util.function.Supplier;

                public class Front implements Supplier<String> {

                    private record Greeting(String name) {}

                    private enum Kind { POLITE }

                    public String get() {
                        Function<String, Greeting> greet = name -> new Greeting(name + Kind.POLITE + new Other());
                        return greet.apply("Foo").toString();
                    }
                }

                class Other {
                    @Override
                    public String toString() {
                        return "other";
                    }
                }
                """), is("Greeting[name=FooPOLITEother]"));
    }

    @Test
    void file_may_use_what_is_on_the_class_path_and_be_in_no_package() {
        assertThat(got("Front.java", """
                public class Front implements java.util.function.Supplier<String> {
                    public String get() {
                        return io.thr.core.match.TextPattern.glob("/a*").matches("/ab") + "";
                    }
                }
                """), is("true"));
    }

    @Test
    void file_goes_before_the_same_class_on_the_class_path() {
        assertThat(new Shadowed().get(), is("the class path's"));
        assertThat(got("Shadowed.java", """
                package io.thr.core.source;
                public final class Shadowed implements java.util.function.Supplier<String> {
                    public String get() {
                        return "the file's";
                    }
                }
                """), is("the file's"));
    }

    @Test
    void every_error_of_the_compiler_is_told_with_its_place_and_its_line() {
        List<Problem> problems = problems("Front.java", """
                public class Front implements java.util.function.Supplier<String> {
                    public String get() {
                \treturn "a".lenght() + missing;
                    }
                }
                """);
        assertThat(
                problems.stream().map(Problem::toString).toList(),
                contains(
                        allOf(
                                startsWith(directory.resolve("Front.java") + ":3:12: cannot find symbol"),
                                containsString("lenght()"),
                                endsWith("\n    \treturn \"a\".lenght() + missing;\n    \t          ^")),
                        startsWith(directory.resolve("Front.java") + ":3:24: cannot find symbol")));
    }

    @Test
    void class_is_called_as_its_file() {
        assertThat(
                problems(
                        "Front.java",
                        "class Back implements java.util.function.Supplier<String> {"
                                + " public String get() { return null; } }"),
                contains(hasToString(directory.resolve("Front.java")
                        + ": no class Front (expected: one that is called as the file is)")));
        assertThat(
                problems("Front.java", "public class Back {}"),
                contains(hasToString(startsWith(directory.resolve("Front.java")
                        + ":1:8: class Back is public, should be declared in a file"))));
    }

    @Test
    void class_that_cannot_be_used_is_told() {
        String file = directory.resolve("Front.java").toString();
        assertThat(
                problems("Front.java", "public class Front {}"),
                contains(hasToString(file + ": class Front (expected: it implements java.util.function.Supplier)")));
        assertThat(
                problems("Front.java", """
                        public class Front implements java.util.function.Supplier<String> {
                            private Front() {}
                            public String get() { return null; }
                        }
                        """),
                contains(hasToString(file
                        + ": class Front (expected: a public class with a public constructor without parameters)")));
        assertThat(
                problems("Front.java", """
                        class Front implements java.util.function.Supplier<String> {
                            public String get() { return null; }
                        }
                        """),
                contains(hasToString(file
                        + ": class Front (expected: a public class with a public constructor without parameters)")));
    }

    @Test
    void exception_is_told_with_the_line_that_it_came_from() {
        String file = directory.resolve("Front.java").toString();
        assertThat(
                problems("Front.java", """
                        public class Front implements java.util.function.Supplier<String> {
                            public Front() {
                                throw new IllegalStateException("constructed");
                            }
                            public String get() { return null; }
                        }
                        """),
                contains(hasToString(file + ":3: failed: java.lang.IllegalStateException: constructed")));
        assertThat(
                problems("Front.java", """
                        public class Front implements java.util.function.Supplier<String> {
                            public String get() {
                                return java.util.List.of(1, 2)
                                        .iterator().next() + Integer.valueOf("x").toString();
                            }
                        }
                        """),
                contains(hasToString(file + ":4: failed: java.lang.NumberFormatException: For input string: \"x\"")));
        assertThat(
                problems("Front.java", """
                        public class Front implements java.util.function.Supplier<String> {
                            static final int SIZE = Integer.parseInt("");
                            public String get() { return null; }
                        }
                        """),
                contains(hasToString(startsWith(file + ":2: failed: java.lang.NumberFormatException"))));
    }

    @Test
    void place_of_a_later_exception_is_in_the_file() {
        List<Supplier<?>> made = new ArrayList<>();
        use("Front.java", """
                public class Front implements java.util.function.Supplier<String> {
                    public String get() {
                        return java.util.Objects.requireNonNull(null);
                    }
                }
                """, supplier -> made.add((Supplier<?>) supplier));

        NullPointerException thrown =
                assertThrows(NullPointerException.class, () -> made.get(0).get());

        assertThat(UserClasses.placeOf(thrown).orElse(""), is(directory.resolve("Front.java") + ":3"));
        assertThat(thrown.getStackTrace()[1].toString(), containsString("Front.java//Front.get(Front.java:3)"));
        assertThat(UserClasses.placeOf(new IllegalStateException()).isPresent(), is(false));
    }

    @Test
    void nothing_else_than_the_file_is_compiled() throws IOException {
        Files.writeString(directory.resolve("Beside.java"), "public class Beside {}");
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {directory.toUri().toURL()}, UserClassesTest.class.getClassLoader())) {
            TextFile file = new TextFile("Front.java", "public class Front { Beside beside; }");

            ConfigException refused = assertThrows(
                    ConfigException.class, () -> new UserClasses(loader, directory).use(file, ROLES, made -> {}));

            assertThat(refused.getMessage(), containsString("Front.java:1:22: cannot find symbol"));
        }
    }

    @Test
    void classes_go_when_nobody_refers_to_them() {
        WeakReference<Object> made = made();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            System.gc();
            return made.refersTo(null);
        });
    }

    /** What a reading leaves behind; the class itself goes with its loader alone. */
    private WeakReference<Object> made() {
        List<WeakReference<Object>> made = new ArrayList<>();
        use("Front.java", """
                public class Front implements java.util.function.Supplier<String> {
                    private final java.util.function.Supplier<String> function = () -> "said";
                    public String get() { return function.get(); }
                }
                """, supplier -> {
            assertThat(((Supplier<?>) supplier).get(), is("said"));
            made.add(new WeakReference<>(
                    Objects.requireNonNull(supplier.getClass().getClassLoader())));
        });
        return made.get(0);
    }

    // ---- what the compiler sees

    /** Sees what its URLs say, and nothing of this test's class path: as a web application does. */
    @Test
    void file_sees_what_a_web_application_sees_and_no_more() throws IOException {
        Path library =
                Files.createDirectories(directory.resolve("WEB-INF/my lib")).resolve("greeting.jar");
        jar(library, Map.of("com/example/Greeting.class", compiled("""
                package com.example;
                public class Greeting {
                    public static String greeting() { return "from a jar"; }
                }
                """, "Greeting")));
        String front = """
                public class Front implements java.util.function.Supplier<String> {
                    public String get() { return com.example.Greeting.greeting(); }
                }
                """;
        try (URLClassLoader application =
                new URLClassLoader(new URL[] {library.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            List<Object> said = new ArrayList<>();
            new UserClasses(application, directory)
                    .use(new TextFile("Front.java", front), ROLES, made -> said.add(((Supplier<?>) made).get()));
            assertThat(said, contains("from a jar"));

            ConfigException refused = assertThrows(
                    ConfigException.class,
                    () -> new UserClasses(application, directory)
                            .use(
                                    new TextFile("Front.java", "class Front { io.thr.core.match.TextPattern p; }"),
                                    ROLES,
                                    made -> {}));
            assertThat(refused.getMessage(), containsString("package io.thr.core.match does not exist"));
        }
    }

    @Test
    void jars_within_archives_and_directories_in_them_are_seen() throws IOException {
        byte[] greeting = compiled("package com.example; public class Greeting {}", "Greeting");
        Path inner = directory.resolve("inner.jar");
        jar(inner, Map.of("com/example/Greeting.class", greeting));
        Path war = directory.resolve("application.war");
        jar(war, Map.of("WEB-INF/lib/inner.jar", Files.readAllBytes(inner), "WEB-INF/classes/Own.class", greeting));
        List<Path> seen;
        try (UrlLoader loader = new UrlLoader(
                        "jar:" + war.toUri() + "!/WEB-INF/lib/inner.jar!/",
                        "jar:" + war.toUri() + "!/WEB-INF/classes/");
                VisibleClassPath classPath = new VisibleClassPath(loader, List.of())) {
            seen = classPath.paths();
            assertThat(seen, hasSize(2));
            assertThat(Files.mismatch(seen.get(0), inner), is(-1L));
            assertThat(Files.exists(seen.get(1).resolve("Own.class")), is(true));
        }
        assertThat("the copy is deleted", Files.exists(seen.get(0)), is(false));
        assertThat("the archive is closed", seen.get(1).getFileSystem().isOpen(), is(false));
    }

    /** A loader of a container that has URLs of its own kind. */
    private static final class UrlLoader extends URLClassLoader {

        private final List<String> urls;

        private UrlLoader(String... urls) {
            super(new URL[0], ClassLoader.getPlatformClassLoader());
            this.urls = List.of(urls);
        }

        @Override
        public URL[] getURLs() {
            try {
                URL[] made = new URL[urls.size()];
                for (int i = 0; i < made.length; i++) {
                    made[i] = new URL(urls.get(i));
                }
                return made;
            } catch (MalformedURLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private byte[] compiled(String text, String name) throws IOException {
        Path source = Files.writeString(directory.resolve(name + ".java"), text);
        Path classes = Files.createDirectories(directory.resolve("classes"));
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-d", classes.toString(), source.toString());
        assertThat(status, is(0));
        return Files.readAllBytes(classes.resolve("com/example/" + name + ".class"));
    }

    private static void jar(Path jar, Map<String, byte[]> files) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                out.putNextEntry(new ZipEntry(file.getKey()));
                out.write(file.getValue());
            }
        }
    }

    // ---- a runtime without compiler

    @Test
    void runtime_without_compiler_says_what_is_to_be_done() throws Exception {
        Path file = Files.writeString(directory.resolve("Front.java"), "public class Front {}");
        // java.logging is what System.Logger needs; one has the API of compilers and no compiler, the other not even
        // that
        for (String modules : List.of("java.logging", "java.logging,java.compiler")) {
            Process java = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "--limit-modules",
                            modules,
                            "-cp",
                            System.getProperty("java.class.path"),
                            WithoutCompiler.class.getName(),
                            file.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(
                    said,
                    allOf(
                            startsWith(file + ": the Java runtime in "),
                            containsString(
                                    "has no compiler (expected: a JDK, or a runtime with the module jdk.compiler;"),
                            containsString("or compile the file before, and name its class)")));
            assertThat(java.waitFor(), is(0));
        }
    }

    /** The other program. */
    public static final class WithoutCompiler {

        private WithoutCompiler() {}

        /** Tries to use the file. */
        public static void main(String[] args) {
            Path file = Path.of(args[0]);
            try {
                UserClasses.beside(file).use(TextFile.read(file), ROLES, made -> {});
            } catch (ConfigException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    // ---- names

    @Test
    void yaml_names_a_class_or_a_file_beside_it() throws IOException {
        Path yaml = directory.resolve("front.yaml");
        Files.writeString(directory.resolve("Front.java"), """
                public class Front implements java.util.function.Supplier<String> {
                    public String get() { return "the file's"; }
                }
                """);
        Files.writeString(yaml, "use: [Front.java, io.thr.core.source.Shadowed]");

        List<Object> said = new ArrayList<>();
        UserClasses classes = UserClasses.beside(yaml);
        ConfigDocument document = ConfigDocument.read(yaml, Map.of());
        document.root().list("use").forEach(value -> classes.use(value, Supplier.class, made -> said.add(made.get())));
        document.check();

        assertThat(said, contains("the file's", "the class path's"));
        assertThat(classes.files(), contains(directory.resolve("Front.java")));
    }

    @Test
    void mistakes_of_a_named_file_follow_those_of_the_file_that_names_it() throws IOException {
        Path yaml = directory.resolve("front.yaml");
        Files.writeString(directory.resolve("Front.java"), "public class Front {\n missing x; }");
        Files.writeString(yaml, "use: [Front.java, None.java]\nwrong: 1");

        UserClasses classes = UserClasses.beside(yaml);
        ConfigDocument document = ConfigDocument.read(yaml, Map.of());
        document.root().list("use").forEach(value -> classes.use(value, Supplier.class, made -> {}));
        ConfigException refused = assertThrows(ConfigException.class, document::check);

        assertThat(
                refused.problems().stream().map(Problem::toString).toList(),
                contains(
                        is(yaml + ":1:7: use: Front.java cannot be used:"),
                        is(yaml + ":1:19: use: None.java cannot be used:"),
                        startsWith(yaml + ":2:1: unknown key `wrong`"),
                        startsWith(directory.resolve("Front.java") + ":2:2: cannot find symbol"),
                        is(directory.resolve("None.java") + ": no such file")));
        assertThat(
                "to be looked at again",
                classes.files(),
                contains(directory.resolve("Front.java"), directory.resolve("None.java")));
    }

    @Test
    void what_is_in_an_archive_names_no_file() {
        ConfigException refused = assertThrows(
                ConfigException.class,
                () -> new UserClasses(null, null).use("init parameter use", "Front.java", ROLES, made -> {}));
        assertThat(
                refused,
                hasToString(containsString("init parameter use: Front.java (expected: the name of a class; what is in"
                        + " an archive is not compiled)")));
    }

    @Test
    void services_are_called_in_their_order_and_told_where_they_fail() throws IOException {
        String services = "META-INF/services/java.util.function.Supplier";
        Path jar = directory.resolve("services.jar");
        jar(jar, Map.of(services, "io.thr.core.source.Shadowed\ncom.example.None\n".getBytes(StandardCharsets.UTF_8)));
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {jar.toUri().toURL()}, UserClassesTest.class.getClassLoader())) {
            List<Object> said = new ArrayList<>();
            ConfigException refused = assertThrows(
                    ConfigException.class,
                    () -> new UserClasses(loader, null).useServices(Supplier.class, made -> said.add(made.get())));
            assertThat(said, contains("the class path's"));
            assertThat(
                    refused.getMessage(),
                    allOf(startsWith(services + ": "), containsString("com.example.None"), not(containsString("\n"))));
        }
    }

    private String got(String name, String text) {
        List<String> got = new ArrayList<>();
        use(name, text, supplier -> got.add((String) ((Supplier<?>) supplier).get()));
        return got.get(0);
    }

    private List<Problem> problems(String name, String text) {
        return assertThrows(ConfigException.class, () -> got(name, text)).problems();
    }

    private void use(String name, String text, Consumer<Object> call) {
        Path file = directory.resolve(name);
        UserClasses.beside(file).use(new TextFile(file.toString(), text), ROLES, call);
    }
}
