package io.thr.spring;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.thr.filter.ThrFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;

/** The filter's meters, in the application's registries. */
@AutoConfiguration(after = ThrAutoConfiguration.class)
@ConditionalOnClass({MeterBinder.class, MeterRegistry.class})
@ConditionalOnSingleCandidate(ThrFilter.class)
public final class ThrMetricsAutoConfiguration {

    /** For Spring. */
    public ThrMetricsAutoConfiguration() {}

    /** The meters. */
    @Bean
    @ConditionalOnMissingBean
    ThrMetrics thrMetrics(ThrFilter filter) {
        return new ThrMetrics(filter);
    }
}
