package io.thr.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One command of a page, and what the page says it prints. In the Markdown a command stands in a block that opens with
 * {@code ```sh start} (it goes on running), {@code ```sh restart} (it takes the place of the one started last) or
 * {@code ```sh run} (it ends); the block {@code ```text} after it holds the output.
 */
record Step(Kind kind, String command, String output) {

    enum Kind {
        START,
        RESTART,
        RUN
    }

    private static final Pattern COMMAND_AND_OUTPUT = Pattern.compile(
            "^```sh (start|restart|run)\\n(.+?)\\n```\\n\\s*^```text\\n(.*?\\n)```$",
            Pattern.MULTILINE | Pattern.DOTALL);

    private static final Pattern MARKED = Pattern.compile("^```sh (start|restart|run)$", Pattern.MULTILINE);

    /** The steps of a page in their order. */
    static List<Step> of(Path page) throws IOException {
        String text = Files.readString(page);
        List<Step> steps = new ArrayList<>();
        Matcher matcher = COMMAND_AND_OUTPUT.matcher(text);
        while (matcher.find()) {
            Kind kind = Kind.valueOf(matcher.group(1).toUpperCase(Locale.ROOT));
            steps.add(new Step(kind, matcher.group(2), matcher.group(3)));
        }
        if (steps.size() != MARKED.matcher(text).results().count()) {
            throw new IllegalStateException(page + ": a marked command without its output");
        }
        return steps;
    }

    /** The same, as it runs in a test. */
    Step with(Replacements replacements) {
        return new Step(kind, replacements.in(command), replacements.in(output));
    }
}
