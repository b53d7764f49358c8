package io.thr.filter.rule;

/**
 * Rules written in Java, for what a file cannot say: functions of the exchange. A file names the class
 * ({@code rules_class: com.example.MyRules}), which must be public and have a public constructor without parameters.
 */
@FunctionalInterface
public interface RulesProvider {

    /** Adds this provider's rules. Called once, when the configuration is read. */
    void addTo(RuleList rules);
}
