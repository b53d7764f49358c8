package io.thr.dispatcher.config;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.sameInstance;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Logged;
import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.core.config.TextFile;
import io.thr.core.limit.FairShare;
import io.thr.core.limit.MaxLimit;
import io.thr.core.limit.RequestHash;
import io.thr.core.source.UserClasses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways in which limits in Java come into a configuration. */
class LimitsInJavaTest {

    private static final String DISPATCH = """
            import static io.thr.core.limit.MaxLimit.dynamic;

            import io.thr.dispatcher.config.DispatcherSettings;
            import io.thr.dispatcher.config.DispatcherSettingsProvider;
            import io.thr.dispatcher.config.QueueSettings;

            public class Dispatch implements DispatcherSettingsProvider {

                public DispatcherSettings settings() {
                    return DispatcherSettings.builder()
                            .queue(QueueSettings.of("thr:queue:hello", "localhost", 9999))
                            .limit("limit_foo_header", request -> request.headers().first("Foo"), dynamic(), 2)
                            .build();
                }
            }
            """;

    private static final String LIMITS = """
            import io.thr.core.limit.MaxLimit;
            import io.thr.dispatcher.config.LimitList;
            import io.thr.dispatcher.config.LimitsProvider;

            public class Limits implements LimitsProvider {

                public void addTo(LimitList limits) {
                    limits.add("pdf", request -> request.path().endsWith(".pdf") ? "pdf" : null, MaxLimit.exactly("pdf"), 2);
                }
            }
            """;

    @TempDir
    Path directory;

    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    private Instant fileTime = Instant.parse("2024-01-01T00:00:00Z");

    @AfterEach
    void end() {
        executor.shutdownNow();
    }

    /** Found on the class path. */
    public static final class Announced implements LimitsProvider {
        /** For the configuration. */
        public Announced() {}

        @Override
        public void addTo(LimitList limits) {
            limits.add("announced", RequestHash.path(), MaxLimit.dynamic(), 1);
        }
    }

    @Test
    void java_file_is_a_whole_configuration() {
        DispatcherSettings settings = DispatcherConfig.read(write("Dispatch.java", DISPATCH), Map.of());

        assertThat(settings.queues(), contains(QueueSettings.of("thr:queue:hello", "localhost", 9999)));
        assertThat(settings.scheduling().limits().maxima(), is(Map.of("limit_foo_header", 2)));
    }

    @Test
    void limits_of_file_named_classes_and_services_are_in_that_order() throws IOException {
        Path yaml = write("dispatcher.yaml", """
                queues: [ { queue: q } ]
                limits_class: Limits.java
                limits: [ { name: file, hash: path, dynamic: true, max: 1 } ]
                """);
        write("Limits.java", LIMITS);
        write("META-INF/services/" + LimitsProvider.class.getName(), Announced.class.getName());
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {directory.toUri().toURL()}, LimitsInJavaTest.class.getClassLoader())) {

            DispatcherSettings settings =
                    DispatcherConfig.read(TextFile.read(yaml), Map.of(), new UserClasses(loader, directory));

            assertThat(
                    settings.scheduling().limits().inOrder().stream()
                            .map(MaxLimit::name)
                            .toList(),
                    contains("file", "pdf", "announced"));
        }
    }

    @Test
    void fair_share_may_be_a_function() {
        Path yaml = write("dispatcher.yaml", "queues: [ { queue: q } ]\nlimits_class: Limits.java\n");
        write("Limits.java", LIMITS.replace("limits.add", "limits.fairBy(request -> request.path()).add"));
        assertThat(DispatcherConfig.read(yaml, Map.of()).scheduling().fairShare(), is(not(FairShare.NONE)));

        write("dispatcher.yaml", "queues: [ { queue: q } ]\nlimits_class: Limits.java\nfair_by: path\n");
        assertThat(
                problems(yaml),
                contains(
                        is(yaml + ":2:15: limits_class: Limits.java cannot be used:"),
                        is(directory.resolve("Limits.java")
                                + ":8: failed: java.lang.IllegalStateException: fair_by: told already, as [By[hash=path,"
                                + " weights={}]] (expected: once)")));
    }

    @Test
    void mistakes_are_told_with_their_lines() {
        Path dispatch = write("Dispatch.java", DISPATCH.replace("first(", "frist("));
        assertThat(problems(dispatch), contains(startsWith(dispatch + ":12:72: cannot find symbol")));

        write("Dispatch.java", DISPATCH.replace("dynamic(), 2", "dynamic(), -2"));
        assertThat(
                problems(dispatch),
                contains(dispatch
                        + ":12: failed: java.lang.IllegalArgumentException: max: -2 (expected: 0 to 1000000)"));

        Path yaml = write("dispatcher.yaml", """
                queues: [ { queue: q } ]
                limits_class: Limits.java
                limits: [ { name: pdf, hash: path, dynamic: true, max: 1 } ]
                """);
        write("Limits.java", LIMITS);
        assertThat(problems(yaml), contains(yaml + ": name: 'pdf' twice (expected: names of their own)"));
    }

    // ---- read again

    @Test
    void nothing_is_compiled_again_as_long_as_no_text_has_changed() {
        Path yaml = write("dispatcher.yaml", "queues: [ { queue: q } ]\nlimits_class: Limits.java\n");
        Path limits = write("Limits.java", LIMITS);
        ConfigurationSource source = new ConfigurationSource(yaml, Map.of());
        assertThat(source.files(), contains(yaml));

        DispatcherSettings first = source.read();

        assertThat(source.files(), contains(yaml, limits));
        assertThat(source.read(), sameInstance(first));
        write("Limits.java", LIMITS + "// changed");
        DispatcherSettings second = source.read();
        assertThat("a function is equal to itself alone", second, is(not(first)));
        assertThat(
                second.scheduling().limits().maxima(),
                is(first.scheduling().limits().maxima()));
        write("Limits.java", LIMITS + "wrong");
        assertThrows(ConfigException.class, source::read);
        assertThat("to be looked at again", source.files(), contains(yaml, limits));
    }

    @Test
    void changed_java_file_is_put_in_force_and_a_wrong_one_is_not() {
        Path yaml = write("dispatcher.yaml", "queues: [ { queue: q } ]\nlimits_class: Limits.java\n");
        Path limits = write("Limits.java", LIMITS);
        ConfigurationSource source = new ConfigurationSource(yaml, Map.of());
        List<DispatcherSettings> applied = new ArrayList<>();
        DispatcherSettings started = source.read();
        try (ConfigurationWatch watch =
                new ConfigurationWatch(source::files, started, source::read, applied::add, executor)) {
            lookTwice(watch);
            assertThat("nothing has changed", applied, is(empty()));

            write("Limits.java", LIMITS.replace("\"pdf\"), 2", "\"pdf\"), 3"));
            lookTwice(watch);
            assertThat(applied.get(0).scheduling().limits().maxima(), is(Map.of("pdf", 3)));

            write("Limits.java", "wrong");
            assertThat(
                    Logged.by(ConfigurationWatch.class, () -> lookTwice(watch)),
                    contains(containsString("\n" + limits + ":1:1: ")));
            assertThat(applied.size(), is(1));

            write("Limits.java", LIMITS.replace(".pdf", ".PDF"));
            lookTwice(watch);
            assertThat("the function alone is another one", applied.size(), is(2));

            write("More.java", LIMITS.replace("class Limits", "class More").replace("add(\"pdf\"", "add(\"more\""));
            write("dispatcher.yaml", "queues: [ { queue: q } ]\nlimits_class: [Limits.java, More.java]\n");
            lookTwice(watch);
            assertThat(applied.get(2).scheduling().limits().maxima(), hasKey("more"));
            write("More.java", LIMITS.replace("class Limits", "class More").replace("add(\"pdf\"", "add(\"other\""));
            lookTwice(watch);
            assertThat(applied.get(applied.size() - 1).scheduling().limits().maxima(), hasKey("other"));
        }
    }

    private static void lookTwice(ConfigurationWatch watch) {
        watch.look();
        watch.look();
    }

    /** Each a second later than the one before, so that no test depends on how fine the file system's clock is. */
    private Path write(String name, String text) {
        fileTime = fileTime.plusSeconds(1);
        Path file = directory.resolve(name);
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
            return Files.setLastModifiedTime(file, FileTime.from(fileTime));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> problems(Path file) {
        return assertThrows(ConfigException.class, () -> DispatcherConfig.read(file, Map.of())).problems().stream()
                .map(Problem::toString)
                .toList();
    }
}
