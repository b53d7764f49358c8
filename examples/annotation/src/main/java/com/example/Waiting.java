package com.example;

import static io.thr.core.rate.RateAlgorithm.FIXED_WINDOW;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;
import static io.thr.filter.rule.RateKeyPart.realIp;
import static jakarta.servlet.DispatcherType.ASYNC;
import static jakarta.servlet.DispatcherType.REQUEST;

import io.thr.core.rate.RatePolicy;
import io.thr.filter.ThrFilter;
import io.thr.filter.rule.RateLimit;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.annotation.WebInitParam;
import java.time.Duration;

/** The filter, with the rules of the file and one that asks the application. */
@WebFilter(
        urlPatterns = "/*",
        asyncSupported = true,
        dispatcherTypes = {REQUEST, ASYNC},
        initParams = @WebInitParam(name = "config", value = "/WEB-INF/front.yaml"))
public class Waiting extends ThrFilter {

    @Override
    protected void rules(RuleList rules) {
        RatePolicy search = RatePolicy.named("search", FIXED_WINDOW, 2, Duration.ofMinutes(1)).build();
        rules.add(
                when().path("/search").custom(exchange -> !Customers.isPaying(exchange.header("X-Api-Key"))),
                then().rateLimit(RateLimit.by(search, realIp())));
    }
}
