package io.thr.core.config;

import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The values of {@code ${NAME}}. A second dollar sign before it takes the reference its meaning and goes away. What a
 * variable holds is not looked into again.
 */
record Environment(Map<String, String> variables) {

    private static final Pattern REFERENCE = Pattern.compile("\\$\\$\\{|\\$\\{([^}]*)(}?)");
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    /** The text with its references resolved; what cannot be is told to {@code problem} and left as it stands. */
    String resolve(String text, Consumer<String> problem) {
        if (!text.contains("${")) {
            return text;
        }
        return REFERENCE.matcher(text).replaceAll(match -> Matcher.quoteReplacement(replacement(match, problem)));
    }

    private String replacement(MatchResult match, Consumer<String> problem) {
        if (match.group().equals("$${")) {
            return "${";
        }
        String name = match.group(1);
        if (match.group(2).isEmpty() || !NAME.matcher(name).matches()) {
            problem.accept(match.group() + " (expected: ${NAME}, or $${ for the two characters themselves)");
            return match.group();
        }
        String value = variables.get(name);
        if (value == null) {
            problem.accept("environment variable " + name + " is not set");
            return match.group();
        }
        return value;
    }
}
