package io.thr.spring;

import static io.thr.core.match.TextPattern.glob;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;

import io.thr.filter.rule.RuleList;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/**
 * The path of the actuator's endpoints. Their requests pass before all other rules: whoever asks for the health of an
 * application that has too much to do must not wait behind that.
 *
 * @param path with the application's own path before it; null where the endpoints have another port, or no path of their own
 */
record ActuatorPath(@Nullable String path) {

    private static final String NO_QUEUE = "null";

    static ActuatorPath of(Environment environment) {
        String base = environment.getProperty("management.endpoints.web.base-path", "/actuator");
        String port = environment.getProperty("management.server.port");
        boolean isApart = port != null && !port.equals(environment.getProperty("server.port", "8080"));
        if (isApart || base.isBlank() || base.equals("/")) {
            return new ActuatorPath(null);
        }
        return new ActuatorPath(environment.getProperty("server.servlet.context-path", "")
                + environment.getProperty("spring.mvc.servlet.path", "").replaceAll("/$", "")
                + base);
    }

    void addTo(RuleList rules) {
        if (path != null) {
            rules.add(when().path(glob(path, path + "/*")), then().setRedisQueue(NO_QUEUE), true);
        }
    }
}
