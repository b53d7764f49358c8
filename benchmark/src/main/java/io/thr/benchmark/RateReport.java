package io.thr.benchmark;

import io.thr.benchmark.rate.Contender;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Collects what was measured of rate decisions and puts it into Markdown: medians, and THR against the best of the others. */
final class RateReport {

    /** Where contenders are compared. */
    record Cell(int keys, int callers) {}

    private record Place(Cell cell, Contender contender) {}

    /** The medians of one contender in one cell. */
    private record Medians(
            Place place,
            double decisions,
            double p50Millis,
            double p99Millis,
            double commands,
            double redisMicros,
            double jvmMicros,
            long notGranted) {

        static Medians of(Place place, List<RateSample> taken) {
            return new Medians(
                    place,
                    Report.median(taken, RateSample::decisionsPerSecond),
                    Report.median(taken, RateSample::p50Millis),
                    Report.median(taken, RateSample::p99Millis),
                    Report.median(taken, RateSample::commands),
                    Report.median(taken, RateSample::redisMicros),
                    Report.median(taken, RateSample::jvmMicros),
                    taken.stream()
                            .mapToLong(sample -> sample.outcome().notGranted())
                            .sum());
        }

        Contender contender() {
            return place.contender();
        }

        /** Whether it is one of the others, asked in the same way and the same cell. */
        boolean rivals(Medians ours) {
            return place.cell().equals(ours.place.cell())
                    && !contender().isThr()
                    && contender().kind() == ours.contender().kind();
        }
    }

    private final Machine machine;
    private final String redis;
    private final Map<Place, List<RateSample>> samples = new LinkedHashMap<>();

    RateReport(Machine machine, String redis) {
        this.machine = machine;
        this.redis = redis;
    }

    void add(Cell cell, Contender contender, RateSample sample) {
        samples.computeIfAbsent(new Place(cell, contender), place -> new ArrayList<>())
                .add(sample);
    }

    String toMarkdown() {
        List<Medians> measured = new ArrayList<>();
        samples.forEach((place, taken) -> measured.add(Medians.of(place, taken)));
        int rounds = samples.values().stream().mapToInt(List::size).max().orElse(0);
        StringBuilder out = new StringBuilder();
        out.append("# Rate decisions, ")
                .append(LocalDate.now(ZoneId.systemDefault()))
                .append("\n\n");
        out.append(machine.toMarkdown()).append("- ").append(redis).append('\n');
        out.append("- medians of ").append(rounds).append(" round(s)\n");
        contenders(measured, out);
        if (measured.stream().anyMatch(one -> one.contender().isThr())) {
            againstOthers(measured, out);
        }
        return out.toString();
    }

    private static void contenders(List<Medians> measured, StringBuilder out) {
        out.append("\n## The contenders\n\n");
        out.append(
                "| keys | callers | contender | decisions/s | p50 ms | p99 ms | commands | CPU µs redis | CPU µs jvm |"
                        + " not granted |\n|---|---|---|---|---|---|---|---|---|---|\n");
        for (Medians one : measured) {
            line(
                    out,
                    "| %d | %d | %s | %.0f | %.3f | %.3f | %.2f | %.1f | %.1f | %d |",
                    one.place().cell().keys(),
                    one.place().cell().callers(),
                    one.contender().label(),
                    one.decisions(),
                    one.p50Millis(),
                    one.p99Millis(),
                    one.commands(),
                    one.redisMicros(),
                    one.jvmMicros(),
                    one.notGranted());
        }
    }

    private static void againstOthers(List<Medians> measured, StringBuilder out) {
        out.append("\n## THR over the best of the others\n\n");
        out.append(
                "| keys | callers | THR | most decisions/s | over it | asked | least p99 | over it | asked | commands |"
                        + " asked |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
        for (Medians ours : measured) {
            if (ours.contender().isThr()) {
                List<Medians> others =
                        measured.stream().filter(one -> one.rivals(ours)).toList();
                against(others, ours, out);
            }
        }
        out.append("\nA number that misses what was asked is **bold**.\n");
    }

    private static void against(List<Medians> others, Medians ours, StringBuilder out) {
        if (others.isEmpty()) {
            return;
        }
        Medians fastest = others.stream()
                .max(Comparator.comparingDouble(Medians::decisions))
                .orElseThrow();
        Medians steadiest = others.stream()
                .min(Comparator.comparingDouble(Medians::p99Millis))
                .orElseThrow();
        Cell cell = ours.place().cell();
        double decisions = ours.decisions() / fastest.decisions();
        double asked = RateMark.decisions(cell, ours.contender().kind());
        double p99 = ours.p99Millis() / steadiest.p99Millis();
        line(
                out,
                "| %d | %d | %s | %s | %s | ≥ %.1f | %s | %s | ≤ %.1f | %s | %s |",
                cell.keys(),
                cell.callers(),
                ours.contender().label(),
                fastest.contender().label(),
                number(decisions, decisions >= asked),
                asked,
                steadiest.contender().label(),
                number(p99, p99 <= RateMark.P99),
                RateMark.P99,
                number(ours.commands(), !RateMark.limitsCommands(cell) || ours.commands() <= RateMark.COMMANDS),
                RateMark.limitsCommands(cell) ? "≤ " + RateMark.COMMANDS : "");
    }

    private static String number(double value, boolean met) {
        return String.format(Locale.ROOT, met ? "%.2f" : "**%.2f**", value);
    }

    private static void line(StringBuilder out, String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
