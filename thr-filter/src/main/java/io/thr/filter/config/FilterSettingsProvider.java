package io.thr.filter.config;

/**
 * Settings written in Java: what a class that configures a filter by itself implements, beside or instead of
 * {@link io.thr.filter.rule.RulesProvider}, where the defaults will not do. Who names such a class stands there.
 */
@FunctionalInterface
public interface FilterSettingsProvider {

    /** The settings; their rules come before those of a provider. Called each time that the configuration is read. */
    FilterSettings settings();
}
