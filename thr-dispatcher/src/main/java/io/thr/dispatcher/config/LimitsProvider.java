package io.thr.dispatcher.config;

/**
 * Limits written in Java, for what a file cannot say: functions of the request. A public class with a public constructor
 * without parameters, which may come into a dispatcher in three ways:
 *
 * <ul>
 *   <li>The YAML file names it: {@code limits_class: com.example.MyLimits}, or the path of its source file, relative to the
 *       YAML file: {@code limits_class: MyLimits.java}, or a list of both. Its limits follow those of the file.
 *   <li>The class path announces it to {@link java.util.ServiceLoader}, in {@code
 *       META-INF/services/io.thr.dispatcher.config.LimitsProvider}. Its limits come last.
 *   <li>It is in the source file that is all the configuration there is: see {@link DispatcherSettingsProvider}, which has
 *       more on source files, and on who may write them.
 * </ul>
 *
 * <pre>{@code
 * public class MyLimits implements LimitsProvider {
 *
 *     public void addTo(LimitList limits) {
 *         limits.add("pdf", request -> request.path().endsWith(".pdf") ? "pdf" : null, exactly("pdf"), 2);
 *     }
 * }
 * }</pre>
 */
@FunctionalInterface
public interface LimitsProvider {

    /** Adds this provider's limits. Called once each time that the configuration is read. */
    void addTo(LimitList limits);
}
