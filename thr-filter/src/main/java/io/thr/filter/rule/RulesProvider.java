package io.thr.filter.rule;

/**
 * Rules written in Java, for what a file cannot say: functions of the exchange. A public class with a public constructor
 * without parameters, which may come into a filter in four ways:
 *
 * <ul>
 *   <li>A YAML file names it: {@code rules_class: com.example.MyRules}, or the path of its source file, relative to the YAML
 *       file: {@code rules_class: MyRules.java}, or a list of both. Its rules follow those of the file.
 *   <li>The init parameter {@code rules_class} of the filter names it in the same way, several divided by commas. Its rules
 *       follow those of the file, if there is one.
 *   <li>The application announces it to {@link java.util.ServiceLoader}, in {@code
 *       META-INF/services/io.thr.filter.rule.RulesProvider}. Its rules come last.
 *   <li>Its source file is all the configuration there is: the init parameter {@code config}, or what else names the YAML
 *       file, names the {@code .java} file. So it is with a class that is named or announced where there is no file.
 * </ul>
 *
 * <p>In the last case it may tell the settings as well, see {@link io.thr.filter.config.FilterSettingsProvider}:
 *
 * <pre>{@code
 * import static io.thr.filter.rule.Actions.then;
 * import static io.thr.filter.rule.Criteria.when;
 *
 * import io.thr.filter.config.FilterSettings;
 * import io.thr.filter.config.FilterSettingsProvider;
 * import io.thr.filter.rule.RuleList;
 * import io.thr.filter.rule.RulesProvider;
 *
 * public class Front implements RulesProvider, FilterSettingsProvider {
 *
 *     public FilterSettings settings() {
 *         return FilterSettings.defaults().withTimeout(java.time.Duration.ofSeconds(60));
 *     }
 *
 *     public void addTo(RuleList rules) {
 *         rules.add(
 *                 when().custom(exchange -> exchange.path().endsWith(".pdf")),
 *                 then().setRedisQueue("thr:queue:reports"));
 *     }
 * }
 * }</pre>
 *
 * <p>A source file is compiled when it is read, which takes a JDK (a runtime with the module {@code jdk.compiler}), against
 * all that the application sees. It holds one public class, called as the file is, and maybe others beside or within it. An
 * error of the compiler, or an exception, is told with the file's line.
 *
 * <p><b>Security.</b> A source file is a program that runs with all rights of the process. It is read from the disk, or from
 * the application itself, and from nowhere else: so whoever may write to the file, to the directory it is in, or to what
 * names it can do all that the server can. Let nobody write there who may not deploy applications.
 */
@FunctionalInterface
public interface RulesProvider {

    /** Adds this provider's rules. Called once each time that the configuration is read. */
    void addTo(RuleList rules);
}
