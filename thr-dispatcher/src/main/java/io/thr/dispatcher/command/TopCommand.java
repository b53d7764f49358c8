package io.thr.dispatcher.command;

import io.thr.admin.BusJson;
import io.thr.core.bus.BusState;
import io.thr.core.bus.MemberReport;
import io.thr.core.bus.Totals;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/** {@code top}. */
@Command(
        name = "top",
        description = "Shows the bus live, until Ctrl-C.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TopCommand extends BusCommand {

    private static final int MOST_FLOWS = 12;
    // without a cursor, and with long lines cut off
    private static final String OTHER_SCREEN = "\u001b[?1049h\u001b[?25l\u001b[?7l";
    private static final String OWN_SCREEN = "\u001b[?7h\u001b[?25h\u001b[?1049l";
    private static final String HOME = "\u001b[H";
    private static final String REST_OF_LINE = "\u001b[K";
    private static final String REST_OF_SCREEN = "\u001b[J";

    @Option(
            names = "--every",
            paramLabel = "S",
            defaultValue = "1",
            description = "Seconds between looks (${DEFAULT-VALUE}).")
    private double everySeconds;

    @Option(names = "--count", paramLabel = "N", defaultValue = "0", description = "How many looks; 0: until Ctrl-C.")
    private int count;

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        if (!(everySeconds >= 0.2 && everySeconds <= 3_600)) {
            throw wrong("--every: " + everySeconds + " (expected: 0.2 to 3600)");
        }
        boolean onTerminal = Terminal.find() != null && !isJson();
        if (!onTerminal) {
            look(bus, false);
            return ExitCode.OK;
        }
        // Ctrl-C ends the process in the middle of a wait
        Thread restore = new Thread(() -> print(OWN_SCREEN));
        Runtime.getRuntime().addShutdownHook(restore);
        print(OTHER_SCREEN);
        look(bus, true);
        return ExitCode.OK;
    }

    private void look(Bus bus, boolean onTerminal) throws InterruptedException, IOException {
        @Nullable BusState before = null;
        for (int looks = 0; count == 0 || looks < count; looks++) {
            if (looks > 0) {
                Thread.sleep(Math.round(everySeconds * 1_000));
            }
            BusState now = get(bus.reader().state());
            if (isJson()) {
                printJson(json -> BusJson.state(json, now));
            } else if (onTerminal) {
                StringBuilder screen = new StringBuilder(HOME);
                lines(now, before)
                        .forEach(
                                line -> screen.append(line).append(REST_OF_LINE).append("\r\n"));
                print(screen.append(REST_OF_SCREEN).toString());
            } else {
                lines(now, before).forEach(out()::println);
                out().println();
            }
            before = now;
        }
    }

    private void print(String text) {
        out().print(text);
        out().flush();
    }

    private static List<String> lines(BusState now, @Nullable BusState before) {
        List<String> lines = new ArrayList<>();
        long waiting = now.queues().stream()
                .mapToLong(queue -> queue.waiting() + queue.listed())
                .sum();
        lines.add(Plain.text("bus " + now.bus() + " at " + now.redis() + "   " + now.at()));
        lines.add(waiting + " wait, " + now.runningInAll() + " run, "
                + now.members().size() + " dispatchers" + (before == null ? "" : rates(now, before)));
        for (Table table :
                List.of(Tables.queues(now), Tables.limits(now), Tables.flows(now, MOST_FLOWS), Tables.members(now))) {
            if (!table.isEmpty()) {
                lines.add("");
                lines.addAll(table.lines());
            }
        }
        return lines;
    }

    private static String rates(BusState now, BusState before) {
        double seconds = Math.max(0.001, Duration.between(before.at(), now.at()).toNanos() / 1e9);
        MemberReport.Counts then = sum(before);
        MemberReport.Counts since = sum(now);
        // less than before where a member has gone
        return ", " + Plain.perSecond(Math.max(0, since.begun() - then.begun()) / seconds) + " begun, "
                + Plain.perSecond(Math.max(0, since.answered() - then.answered()) / seconds) + " answered, "
                + Plain.perSecond(
                        Math.max(0, since.failed() + since.expired() - then.failed() - then.expired()) / seconds)
                + " failed";
    }

    private static MemberReport.Counts sum(BusState state) {
        Map<String, Totals> totals = Totals.of(state.members());
        return totals.values().stream().map(Totals::counts).reduce(MemberReport.Counts.NONE, MemberReport.Counts::plus);
    }
}
