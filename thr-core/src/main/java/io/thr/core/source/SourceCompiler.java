package io.thr.core.source;

import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import io.thr.core.config.TextFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Compiles one source file in memory with the compiler of this JDK. Not to be touched before it is known that the runtime
 * has one: its types are not everywhere.
 *
 * <p>No annotation processor is run and no other source is looked for, whatever lies on the class path.
 */
final class SourceCompiler {

    private static final List<String> OPTIONS = List.of("-proc:none", "-implicit:none", "-g", "-parameters", "-nowarn");

    private final TextFile file;
    private final String simpleName;
    private final Map<String, ByteArrayOutputStream> compiled = new LinkedHashMap<>();
    private final DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();

    private SourceCompiler(TextFile file) {
        this.file = file;
        this.simpleName = simpleName(file.name());
    }

    /** Whether there is a compiler, the types of its API being there. */
    static boolean isThere() {
        return ToolProvider.getSystemJavaCompiler() != null;
    }

    /**
     * The class that is called as the file is, and has been compiled against what that loader sees.
     *
     * @param known classes that the source is bound to use
     * @throws ConfigException with every error of the compiler
     */
    static Class<?> compile(TextFile file, ClassLoader loader, List<Class<?>> known) {
        return new SourceCompiler(file).compile(loader, known);
    }

    private Class<?> compile(ClassLoader loader, List<Class<?>> known) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (VisibleClassPath classPath = new VisibleClassPath(loader, known);
                StandardJavaFileManager files = compiler.getStandardFileManager(diagnostics, Locale.ENGLISH, null)) {
            files.setLocationFromPaths(StandardLocation.CLASS_PATH, classPath.paths());
            files.setLocationFromPaths(StandardLocation.SOURCE_PATH, List.of());
            for (Class<?> one : known) {
                checkVisible(files, one, loader);
            }
            StringWriter told = new StringWriter();
            boolean done = compiler.getTask(
                            told, new InMemory(files), diagnostics, OPTIONS, null, List.of(new Source()))
                    .call();
            if (!done) {
                throw new ConfigException(problems(told.toString()));
            }
        } catch (IOException e) {
            throw failed("the compiler failed: " + e);
        }
        return loaded(loader);
    }

    private void checkVisible(StandardJavaFileManager files, Class<?> one, ClassLoader loader) throws IOException {
        boolean ofJdk = one.getModule().isNamed();
        if (!ofJdk
                && files.getJavaFileForInput(StandardLocation.CLASS_PATH, one.getName(), JavaFileObject.Kind.CLASS)
                        == null) {
            throw failed("the compiler does not find " + one.getName() + ", for "
                    + loader.getClass().getName()
                    + " does not tell where its classes are (remedy: compile the file before, and name its class)");
        }
    }

    private Class<?> loaded(ClassLoader parent) {
        Map<String, byte[]> classes = new LinkedHashMap<>();
        compiled.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
        String wanted = classes.keySet().stream()
                .filter(name -> name.equals(simpleName) || name.endsWith("." + simpleName))
                .findFirst()
                .orElseThrow(() -> failed("no class " + simpleName + " (expected: one that is called as the file is)"));
        try {
            return new SourceClassLoader(file.name(), classes, parent).loadClass(wanted);
        } catch (ClassNotFoundException | LinkageError e) {
            throw failed("cannot be loaded: " + e);
        }
    }

    private List<Problem> problems(String told) {
        List<Problem> problems = new ArrayList<>();
        for (Diagnostic<? extends JavaFileObject> diagnostic : diagnostics.getDiagnostics()) {
            if (diagnostic.getKind() == Diagnostic.Kind.ERROR) {
                problems.add(problem(diagnostic));
            }
        }
        if (problems.isEmpty()) {
            problems.add(Problem.ofFile(file.name(), "the compiler failed: " + told.strip()));
        }
        return problems;
    }

    private Problem problem(Diagnostic<?> diagnostic) {
        String message = diagnostic.getMessage(Locale.ENGLISH);
        long position = diagnostic.getPosition();
        if (position == Diagnostic.NOPOS || position > file.text().length()) {
            return Problem.ofFile(file.name(), message);
        }
        String before = file.text().substring(0, (int) position);
        // The compiler ends a line at \n, \r and both together, as lines() does
        int begin = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
        int column = (int) position - begin;
        String line = file.text().substring(begin).lines().findFirst().orElse("");
        return new Problem(
                file.name(),
                Math.toIntExact(diagnostic.getLineNumber()),
                column + 1,
                message + "\n    " + line + "\n    " + blank(line, column) + "^");
    }

    /** As wide as what stands before the mistake, in whatever width tabs are shown. */
    private static String blank(String line, int column) {
        return line.substring(0, Math.min(column, line.length())).replaceAll("[^\t]", " ");
    }

    private ConfigException failed(String message) {
        return new ConfigException(List.of(Problem.ofFile(file.name(), message)));
    }

    private static String simpleName(String file) {
        String last = file.substring(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
        return last.substring(0, last.lastIndexOf('.'));
    }

    /** The file as the compiler reads it. Its last name is what stack traces call it. */
    private final class Source extends SimpleJavaFileObject {

        private Source() {
            super(uri(simpleName), Kind.SOURCE);
        }

        private static URI uri(String name) {
            try {
                return new URI("source", null, "/" + name + ".java", null);
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException(name + " (expected: the name of a class)", e);
            }
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return file.text();
        }
    }

    /** A class as the compiler writes it. */
    private static final class Compiled extends SimpleJavaFileObject {

        private final ByteArrayOutputStream bytes;

        private Compiled(String name, ByteArrayOutputStream bytes) {
            super(URI.create("compiled:/" + name.replace('.', '/') + ".class"), Kind.CLASS);
            this.bytes = bytes;
        }

        @Override
        public OutputStream openOutputStream() {
            return bytes;
        }
    }

    /** Keeps what the compiler writes. */
    private final class InMemory extends ForwardingJavaFileManager<StandardJavaFileManager> {

        private InMemory(StandardJavaFileManager files) {
            super(files);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String name, JavaFileObject.Kind kind, @Nullable FileObject sibling) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            compiled.put(name, bytes);
            return new Compiled(name, bytes);
        }
    }
}
