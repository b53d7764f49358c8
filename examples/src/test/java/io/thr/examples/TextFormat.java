package io.thr.examples;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a scrape as Prometheus does: the text-based exposition format, version 0.0.4. What it says of names, of types before their
 * samples, of labels and their escapes, of numbers, of each series once, and of buckets that grow up to the count.
 */
final class TextFormat {

    private static final Pattern COMMENT = Pattern.compile("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(.*)})? (\\S+)");
    private static final Pattern LABEL =
            Pattern.compile("\\G,?([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\\\\\"n])*)\"");

    private final Map<String, String> types = new HashMap<>();
    private final Set<String> helped = new HashSet<>();
    private final Set<String> series = new HashSet<>();
    private final Map<String, Double> buckets = new HashMap<>();
    private int samples;

    private TextFormat() {}

    /**
     * How many samples there are.
     *
     * @throws AssertionError with the first line that is wrong
     */
    static int samples(String scrape) {
        TextFormat format = new TextFormat();
        check(scrape.endsWith("\n"), "the last line does not end", "");
        scrape.lines().forEach(format::line);
        return format.samples;
    }

    private void line(String line) {
        if (line.startsWith("#")) {
            comment(line);
        } else if (!line.isEmpty()) {
            sample(line);
        }
    }

    private void comment(String line) {
        Matcher comment = COMMENT.matcher(line);
        check(comment.matches(), "no comment", line);
        if (comment.group(1).equals("HELP")) {
            check(helped.add(comment.group(2)), "helped twice", line);
        } else {
            check(types.put(comment.group(2), comment.group(3)) == null, "typed twice", line);
            check(
                    Set.of("counter", "gauge", "histogram", "summary", "untyped")
                            .contains(comment.group(3)),
                    "no type",
                    line);
        }
    }

    private void sample(String line) {
        Matcher sample = SAMPLE.matcher(line);
        check(sample.matches(), "no sample", line);
        String name = sample.group(1);
        String family = types.containsKey(name) ? name : name.replaceAll("_(bucket|count|sum)$", "");
        check(types.containsKey(family), "a sample before its type", line);
        String labels = sample.group(3) == null ? "" : sample.group(3);
        check(LABEL.matcher(labels).replaceAll("").replace(",", "").isEmpty(), "no labels", line);
        check(series.add(name + labels), "the same series twice", line);
        double value = Double.parseDouble(sample.group(4).replace("Inf", "Infinity"));
        if (Objects.equals(types.get(family), "counter")) {
            check(name.endsWith("_total") && value >= 0, "no counter", line);
        }
        if (Objects.equals(types.get(family), "histogram")) {
            histogram(name, family, labels, value, line);
        }
        samples++;
    }

    private void histogram(String name, String family, String labels, double value, String line) {
        String of = family + labels.replaceAll(",?le=\"[^\"]*\"", "");
        if (name.endsWith("_bucket")) {
            check(value >= buckets.getOrDefault(of, 0.0), "less than the bucket before", line);
            buckets.put(of, value);
        } else if (name.endsWith("_count")) {
            check(Objects.equals(buckets.get(of), value), "not as many as in the last bucket", line);
        }
    }

    private static void check(boolean holds, String otherwise, String line) {
        if (!holds) {
            throw new AssertionError(otherwise + ": " + line);
        }
    }
}
