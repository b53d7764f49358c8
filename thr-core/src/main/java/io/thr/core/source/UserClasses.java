package io.thr.core.source;

import io.thr.core.config.ConfigException;
import io.thr.core.config.ConfigValue;
import io.thr.core.config.Problem;
import io.thr.core.config.TextFile;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The user's classes that one reading of a configuration meets, by name or as source files, each public with a public
 * constructor without parameters. A source file holds one public class, which is called as the file is, and may hold others
 * beside or within it. It is compiled against everything that the class loader sees; its classes see that, too, and go when
 * nobody refers to them any more.
 *
 * <p><b>A source file is a program</b> that runs with the rights of the process: whoever may write to it, or to the file that
 * names it, may do what the process may. It is read from the disk alone, or from the application's own archive; nothing of a
 * request names one.
 *
 * <p>For one thread, and one reading.
 */
public final class UserClasses {

    private final ClassLoader loader;
    private final @Nullable Path directory;
    private final Set<Path> files = new LinkedHashSet<>();
    private final Map<Path, String> sources = new LinkedHashMap<>();

    /**
     * Classes that this loader sees.
     *
     * @param directory what the paths of source files are relative to; null where there is none, as in an archive: then
     *     there can be only classes
     */
    public UserClasses(@Nullable ClassLoader loader, @Nullable Path directory) {
        this.loader = loader == null ? Objects.requireNonNull(UserClasses.class.getClassLoader()) : loader;
        this.directory = directory;
    }

    /** Those that the thread's context class loader sees, and source files beside that file: the class path may be a web application's. */
    public static UserClasses beside(Path file) {
        return new UserClasses(Thread.currentThread().getContextClassLoader(), directoryOf(file));
    }

    /** The directory that a file is in. */
    public static Path directoryOf(Path file) {
        return Objects.requireNonNull(file.toAbsolutePath().getParent());
    }

    /** The source files met so far, whether or not they were as they should be. */
    public List<Path> files() {
        return List.copyOf(files);
    }

    /** The texts of those that could be read. */
    public Map<Path, String> sources() {
        return Map.copyOf(sources);
    }

    /** Calls the class, or the source file, that is named there. What is wrong is noted there. */
    public <T> void use(ConfigValue value, Class<T> role, Consumer<T> call) {
        value.text().ifPresent(name -> {
            try {
                use(name, List.of(role), made -> call.accept(role.cast(made)));
            } catch (UnusableClassException e) {
                value.problem(value.name() + ": " + e.getMessage(), e.inFile());
            }
        });
    }

    /**
     * The same for a name that stands in no file.
     *
     * @param place what problems call the place where it stands
     * @param roles of these it implements at least one
     * @throws ConfigException with all that is wrong
     */
    public void use(String place, String name, List<Class<?>> roles, Consumer<Object> call) {
        try {
            use(name, roles, call);
        } catch (UnusableClassException e) {
            Problem problem = Problem.ofFile(place, String.valueOf(e.getMessage()));
            throw new ConfigException(
                    Stream.concat(Stream.of(problem), e.inFile().stream()).toList());
        }
    }

    private void use(String name, List<Class<?>> roles, Consumer<Object> call) throws UnusableClassException {
        if (TextFile.isJava(name)) {
            useFile(name, roles, call);
            return;
        }
        try {
            Class<?> type = Class.forName(name, true, loader);
            if (!implementsOne(type, roles)) {
                throw new UnusableClassException(
                        name + " (expected: a class that implements " + names(roles) + ")", List.of());
            }
            call.accept(made(type));
        } catch (ClassNotFoundException e) {
            throw new UnusableClassException(name + " (expected: the name of a class on the class path)", List.of());
        } catch (ReflectiveOperationException e) {
            throw new UnusableClassException(unmade(name, e), List.of());
        } catch (RuntimeException | LinkageError e) { // whatever the user's class throws is the configuration's problem
            throw new UnusableClassException(name + " failed: " + cause(e), List.of());
        }
    }

    private void useFile(String name, List<Class<?>> roles, Consumer<Object> call) throws UnusableClassException {
        if (directory == null) {
            throw new UnusableClassException(
                    name + " (expected: the name of a class; what is in an archive is not compiled)", List.of());
        }
        try {
            Path file = directory.resolve(name).normalize();
            files.add(file);
            TextFile source = TextFile.read(file);
            sources.put(file, source.text());
            use(source, roles, call);
        } catch (InvalidPathException e) {
            throw new UnusableClassException(name + " (expected: the path of a file)", List.of());
        } catch (ConfigException e) {
            throw new UnusableClassException(name + " cannot be used:", e.problems());
        }
    }

    /**
     * Compiles a source file, and calls what is in it.
     *
     * @param roles of these its class implements at least one
     * @throws ConfigException with all that is wrong in it, each with its line
     */
    public void use(TextFile file, List<Class<?>> roles, Consumer<Object> call) {
        checkCompiler(file);
        Class<?> type = SourceCompiler.compile(file, loader, known(roles));
        if (!implementsOne(type, roles)) {
            throw failed(file, "class " + type.getName() + " (expected: it implements " + names(roles) + ")");
        }
        try {
            call.accept(made(type));
        } catch (InvocationTargetException e) {
            throw failed(file, Objects.requireNonNull(e.getCause()));
        } catch (ReflectiveOperationException e) {
            throw failed(file, unmade("class " + type.getName(), e));
        } catch (RuntimeException | LinkageError e) {
            throw failed(file, e);
        }
    }

    /**
     * Calls everything that the class path announces as a provider of that role, in its order.
     *
     * @throws ConfigException where one of them cannot be used
     */
    public <T> void useServices(Class<T> role, Consumer<T> call) {
        String place = "META-INF/services/" + role.getName();
        try {
            for (T provider : ServiceLoader.load(role, loader)) {
                useService(place, provider, call);
            }
        } catch (ServiceConfigurationError e) {
            throw new ConfigException(List.of(Problem.ofFile(place, told(e))));
        }
    }

    private static <T> void useService(String place, T provider, Consumer<T> call) {
        try {
            call.accept(provider);
        } catch (ConfigException e) {
            throw e;
        } catch (RuntimeException | LinkageError e) {
            throw new ConfigException(
                    List.of(Problem.ofFile(place, provider.getClass().getName() + " failed: " + cause(e))));
        }
    }

    private static String told(ServiceConfigurationError error) {
        return error.getMessage() + (error.getCause() == null ? "" : ": " + error.getCause());
    }

    /** What the source is bound to use: roles are the programs', and most of what they speak of is this library's. */
    private List<Class<?>> known(List<Class<?>> roles) {
        List<Class<?>> known = new ArrayList<>(roles);
        try {
            known.add(loader.loadClass(UserClasses.class.getName()));
        } catch (ClassNotFoundException e) {
            return known; // as when the roles are not ours
        }
        return known;
    }

    private static boolean implementsOne(Class<?> type, List<Class<?>> roles) {
        return roles.stream().anyMatch(role -> role.isAssignableFrom(type));
    }

    private static String names(List<Class<?>> roles) {
        return roles.stream().map(Class::getName).collect(Collectors.joining(" or "));
    }

    private static <T> T made(Class<T> type) throws ReflectiveOperationException {
        return type.getConstructor().newInstance();
    }

    private static String unmade(String name, ReflectiveOperationException e) {
        return e instanceof InvocationTargetException
                ? name + " failed: " + e.getCause()
                : name + " (expected: a public class with a public constructor without parameters)";
    }

    private static void checkCompiler(TextFile file) {
        if (!hasCompiler()) {
            throw failed(
                    file,
                    "the Java runtime in " + System.getProperty("java.home") + " has no compiler (expected: a JDK, or a"
                            + " runtime with the module jdk.compiler; or compile the file before, and name its class)");
        }
    }

    private static boolean hasCompiler() {
        try {
            Class.forName("javax.tools.ToolProvider", false, ClassLoader.getPlatformClassLoader());
        } catch (ClassNotFoundException e) {
            return false; // the module java.compiler is not there: SourceCompiler could not even be linked
        }
        return SourceCompiler.isThere();
    }

    /** What was thrown, at the line of the file where it was thrown, or that called what threw it. */
    private static ConfigException failed(TextFile file, Throwable thrown) {
        Throwable cause = cause(thrown);
        return new ConfigException(
                List.of(Problem.ofLine(file.name(), lineIn(file.name(), cause).orElse(0), "failed: " + cause)));
    }

    /** Why a class could not be initialised says its cause alone. */
    private static Throwable cause(Throwable thrown) {
        return thrown instanceof ExceptionInInitializerError && thrown.getCause() != null ? thrown.getCause() : thrown;
    }

    private static Optional<Integer> lineIn(String file, Throwable thrown) {
        return Arrays.stream(thrown.getStackTrace())
                .filter(frame -> file.equals(frame.getClassLoaderName()) && frame.getLineNumber() > 0)
                .map(StackTraceElement::getLineNumber)
                .findFirst();
    }

    /** The place in a compiled source file where that was thrown, or that called what threw it: {@code /etc/thr/Rules.java:12}. */
    public static Optional<String> placeOf(Throwable thrown) {
        return Arrays.stream(thrown.getStackTrace())
                .filter(frame -> frame.getClassLoaderName() != null
                        && TextFile.isJava(frame.getClassLoaderName())
                        && frame.getLineNumber() > 0)
                .map(frame -> frame.getClassLoaderName() + ":" + frame.getLineNumber())
                .findFirst();
    }

    private static ConfigException failed(TextFile file, String message) {
        return new ConfigException(List.of(Problem.ofFile(file.name(), message)));
    }
}
