package io.thr.spring;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.anEmptyMap;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.sameInstance;

import io.thr.filter.ThrFilter;
import io.thr.filter.config.FilterSettings;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.web.context.servlet.AnnotationConfigServletWebApplicationContext;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.AnnotationConfigRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.MapPropertySource;

/** What beans there are beside those of an application; no server is started. */
class AutoConfigurationTest {

    @Configuration(proxyBeanMethods = false)
    static class Nothing {}

    @Configuration(proxyBeanMethods = false)
    static class OwnFilter {

        @Bean
        ThrFilter myFilter() {
            return new ThrFilter(FilterSettings.defaults());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnRegistration {

        @Bean
        FilterRegistrationBean<ThrFilter> myRegistration() {
            return new FilterRegistrationBean<>(new ThrFilter(FilterSettings.defaults()));
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnHealth {

        @Bean
        HealthIndicator thrHealthIndicator(ThrFilter filter) {
            return new ThrHealthIndicator(filter);
        }
    }

    private static <C extends GenericApplicationContext & AnnotationConfigRegistry> C started(
            C context, Class<?> application, Map<String, Object> properties) {
        context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("test", properties));
        context.register(
                application,
                ThrAutoConfiguration.class,
                ThrHealthAutoConfiguration.class,
                ThrMetricsAutoConfiguration.class);
        context.refresh();
        return context;
    }

    private static AnnotationConfigServletWebApplicationContext web(
            Class<?> application, Map<String, Object> properties) {
        return started(new AnnotationConfigServletWebApplicationContext(), application, properties);
    }

    @Test
    void filter_is_registered_for_all_paths_before_the_others() {
        try (var context = web(Nothing.class, Map.of("thr.order", "7"))) {
            FilterRegistrationBean<?> registration = context.getBean(FilterRegistrationBean.class);

            assertThat(registration.getFilter(), is(sameInstance(context.getBean(ThrFilter.class))));
            assertThat(registration.getUrlPatterns(), is(Set.of("/*")));
            assertThat(registration.isAsyncSupported(), is(true));
            assertThat(registration.getOrder(), is(7));
            assertThat(context.getBeansOfType(ThrHealthIndicator.class).size(), is(1));
            assertThat(context.getBeansOfType(ThrMetrics.class).size(), is(1));
        }
    }

    @Test
    void disabled_starter_adds_no_bean() {
        try (var context = web(Nothing.class, Map.of("thr.enabled", "false", "thr.timout", "wrong"))) {
            assertThat(context.getBeansOfType(FilterSettings.class), is(anEmptyMap()));
            assertThat(context.getBeansOfType(ThrFilter.class), is(anEmptyMap()));
            assertThat(context.getBeansOfType(FilterRegistrationBean.class), is(anEmptyMap()));
            assertThat(context.getBeansOfType(ThrHealthIndicator.class), is(anEmptyMap()));
            assertThat(context.getBeansOfType(ThrMetrics.class), is(anEmptyMap()));
        }
    }

    @Test
    void application_without_servlets_gets_no_filter() {
        try (var context = started(new AnnotationConfigApplicationContext(), Nothing.class, Map.of())) {
            assertThat(context.getBeansOfType(ThrFilter.class), is(anEmptyMap()));
        }
    }

    @Test
    void own_filter_is_registered_as_it_is() {
        try (var context = web(OwnFilter.class, Map.of())) {
            assertThat(context.getBeansOfType(ThrFilter.class).keySet(), is(Set.of("myFilter")));
            assertThat(
                    context.getBean(FilterRegistrationBean.class).getFilter(),
                    is(sameInstance(context.getBean("myFilter"))));
            assertThat(context.getBeansOfType(ThrHealthIndicator.class).size(), is(1));
        }
    }

    @Test
    void own_registration_is_the_only_one() {
        try (var context = web(OwnRegistration.class, Map.of())) {
            assertThat(context.getBeansOfType(FilterRegistrationBean.class).keySet(), is(Set.of("myRegistration")));
            assertThat(context.getBeansOfType(ThrFilter.class), is(anEmptyMap()));
        }
    }

    @Test
    void own_indicator_takes_the_place_of_ours() {
        try (var context = web(OwnHealth.class, Map.of())) {
            assertThat(context.getBeansOfType(HealthIndicator.class).keySet(), is(Set.of("thrHealthIndicator")));
        }
    }

    @Test
    void health_and_filter_are_disabled_apart() {
        try (var context = web(Nothing.class, Map.of("management.health.thr.enabled", "false"))) {
            assertThat(context.getBeansOfType(HealthIndicator.class), is(anEmptyMap()));
            assertThat(context.getBeansOfType(ThrFilter.class).size(), is(1));
        }
    }
}
