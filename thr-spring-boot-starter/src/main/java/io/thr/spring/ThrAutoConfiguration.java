package io.thr.spring;

import io.thr.filter.ThrFilter;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.rule.Rule;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.RulesProvider;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingFilterBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;

/**
 * Puts the filter in front of a servlet application, for all of its paths, unless {@code thr.enabled} is false.
 *
 * <p>Its settings are the {@code thr.*} properties, or the application's own bean of {@link FilterSettings}; the rules of
 * beans of {@link RulesProvider} follow those of the settings, in the order of the beans. An application's own bean of
 * {@link ThrFilter} is registered in the same way, as it is; where the application registers one itself, nothing is done.
 */
@AutoConfiguration
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnBooleanProperty(name = "thr.enabled", matchIfMissing = true)
public final class ThrAutoConfiguration {

    /**
     * After Spring's filters for the encoding, forwarded fields and observations, and before all that may read a body,
     * Spring's filter of forms and Spring Security among them: what they have read could not be queued.
     */
    static final int DEFAULT_ORDER = Ordered.HIGHEST_PRECEDENCE + 10;

    /** For Spring. */
    public ThrAutoConfiguration() {}

    /**
     * The settings that the properties tell.
     *
     * @throws io.thr.core.config.ConfigException with every problem
     */
    @Bean
    @ConditionalOnMissingBean
    FilterSettings thrFilterSettings(Environment environment, ResourceLoader resources) {
        return new PropertySettings(environment, ApplicationResourceLoader.get(resources, true)).read();
    }

    /** The filter, with the rules of the settings and of the providers. */
    @Bean
    @ConditionalOnMissingFilterBean(ThrFilter.class)
    ThrFilter thrFilter(
            FilterSettings settings, ObjectProvider<ActuatorPath> actuator, ObjectProvider<RulesProvider> providers) {
        RuleList rules = new RuleList();
        actuator.ifAvailable(path -> path.addTo(rules));
        for (Rule rule : settings.rules().list()) {
            rules.add(rule);
        }
        providers.orderedStream().forEach(provider -> provider.addTo(rules));
        return new ThrFilter(settings.withRules(rules.compile()));
    }

    /** The registration of the one filter that there is. */
    @Bean
    @ConditionalOnSingleCandidate(ThrFilter.class)
    @ConditionalOnMissingBean
    FilterRegistrationBean<ThrFilter> thrFilterRegistration(ThrFilter filter, Environment environment) {
        FilterRegistrationBean<ThrFilter> registration = new FilterRegistrationBean<>(filter);
        registration.setName("thr");
        registration.addUrlPatterns("/*");
        registration.setDispatcherTypes(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
        registration.setAsyncSupported(true);
        registration.setOrder(environment.getProperty("thr.order", Integer.class, DEFAULT_ORDER));
        return registration;
    }

    /** Where there is an actuator. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(name = "org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointProperties")
    static class Actuator {

        /** Its path, if it is on the application's port. */
        @Bean
        ActuatorPath thrActuatorPath(Environment environment) {
            return ActuatorPath.of(environment);
        }
    }
}
