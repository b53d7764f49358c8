package io.thr.filter.config;

import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.RulesProvider;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a filter's providers say, one after the other. For one reading. */
final class Providers {

    /** What a class that configures a filter by itself implements at least one of. */
    static final List<Class<?>> ROLES = List.of(RulesProvider.class, FilterSettingsProvider.class);

    private final RuleList rules = new RuleList();
    private @Nullable FilterSettings settings;

    /** The rules so far. */
    RuleList rules() {
        return rules;
    }

    /** Asks that provider: for rules, and before for settings where nobody has told any. */
    void add(Object provider) {
        if (settings == null && provider instanceof FilterSettingsProvider settingsProvider) {
            settings = settingsProvider.settings();
            settings.rules().list().forEach(rules::add);
        }
        if (provider instanceof RulesProvider rulesProvider) {
            rulesProvider.addTo(rules);
        }
    }

    /** Says the settings, unless a provider has. */
    void settings(FilterSettings told) {
        if (settings == null) {
            settings = told;
        }
    }

    /**
     * The settings with all rules.
     *
     * @throws IllegalArgumentException where two rate policies have the same name
     */
    FilterSettings compile() {
        return (settings == null ? FilterSettings.defaults() : settings).withRules(rules.compile());
    }
}
