package io.thr.spring;

import io.thr.filter.ThrFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The filter's part of the application's health, under {@code thr}, unless {@code management.health.thr.enabled} is false. */
@AutoConfiguration(after = ThrAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnSingleCandidate(ThrFilter.class)
@ConditionalOnEnabledHealthIndicator("thr")
public final class ThrHealthAutoConfiguration {

    /** For Spring. */
    public ThrHealthAutoConfiguration() {}

    /** The indicator. */
    @Bean
    @ConditionalOnMissingBean(name = {"thrHealthIndicator", "thrHealthContributor"})
    HealthIndicator thrHealthIndicator(ThrFilter filter) {
        return new ThrHealthIndicator(filter);
    }
}
