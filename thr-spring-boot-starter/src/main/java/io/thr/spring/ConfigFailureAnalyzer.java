package io.thr.spring;

import io.thr.core.config.ConfigException;
import io.thr.core.config.Problem;
import java.util.stream.Collectors;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Tells of problems with the filter's configuration, instead of a stack trace. */
final class ConfigFailureAnalyzer extends AbstractFailureAnalyzer<ConfigException> {

    ConfigFailureAnalyzer() {}

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ConfigException cause) {
        String problems =
                cause.problems().stream().map(Problem::toString).collect(Collectors.joining("\n    ", "    ", ""));
        return new FailureAnalysis(
                "The filter THR cannot be configured:\n\n" + problems,
                "Correct these settings. They are explained in THR's README, under `The front's file`; a property has "
                        + "hyphens where the file has underscores.",
                cause);
    }
}
