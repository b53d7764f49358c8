package io.thr.dispatcher.config;

/**
 * A dispatcher's settings written in Java: what the class in a source file implements that is given instead of the YAML file
 * ({@code --config Dispatch.java}). With it a limit, and a fair share, may be a function of the request:
 *
 * <pre>{@code
 * import static io.thr.core.limit.MaxLimit.dynamic;
 *
 * import io.thr.dispatcher.config.DispatcherSettings;
 * import io.thr.dispatcher.config.DispatcherSettingsProvider;
 * import io.thr.dispatcher.config.QueueSettings;
 *
 * public class Dispatch implements DispatcherSettingsProvider {
 *
 *     public DispatcherSettings settings() {
 *         return DispatcherSettings.builder()
 *                 .queue(QueueSettings.of("thr:queue:hello", "localhost", 9999))
 *                 .limit("limit_foo_header", request -> request.headers().first("Foo"), dynamic(), 2)
 *                 .build();
 *     }
 * }
 * }</pre>
 *
 * <p>The class is public, called as the file is, with a public constructor without parameters; other classes may be beside or
 * within it. It is compiled when it is read, which takes a JDK (a runtime with the module {@code jdk.compiler}). An error of
 * the compiler, or an exception, is told with the file's line. It is read again when it has changed, as a YAML file is.
 *
 * <p><b>Security.</b> A source file is a program that runs with all rights of the process: whoever may write to it, to the
 * directory it is in, or to what names it can do all that the dispatcher can.
 */
@FunctionalInterface
public interface DispatcherSettingsProvider {

    /** The settings. Called each time that the configuration is read. */
    DispatcherSettings settings();
}
