package io.thr.dispatcher.command;

import io.thr.admin.BusJson;
import io.thr.core.bus.DeadLetter;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dead}. */
@Command(
        name = "dead",
        description = "Shows the dead letters of a queue, the newest first: messages that nobody could process.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DeadCommand extends BusCommand {

    /** As many as a queue keeps. */
    private static final int MOST = 1_000;

    @Parameters(paramLabel = "QUEUE", arity = "0..1", description = "Without it: how many each queue has.")
    private @Nullable String queue;

    @Option(names = "--most", paramLabel = "N", defaultValue = "20", description = "How many (${DEFAULT-VALUE}).")
    private int most;

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        if (most < 1 || most > MOST) {
            throw wrong("--most: " + most + " (expected: 1 to " + MOST + ")");
        }
        return queue == null ? all(bus) : of(bus, queue);
    }

    private int all(Bus bus) throws InterruptedException, IOException {
        Map<String, Long> counts = new TreeMap<>();
        get(bus.reader().state()).queues().forEach(queue -> counts.put(queue.name(), queue.dead()));
        for (String queue : get(bus.reader().queuesWithDeadLetters())) {
            counts.putIfAbsent(queue, (long) get(bus.reader().dead(queue, MOST)).size());
        }
        counts.values().removeIf(count -> count == 0);
        if (isJson()) {
            printJson(json -> {
                json.writeObjectFieldStart("dead");
                for (Map.Entry<String, Long> queue : counts.entrySet()) {
                    json.writeNumberField(queue.getKey(), queue.getValue());
                }
                json.writeEndObject();
            });
            return ExitCode.OK;
        }
        Table table = new Table("QUEUE", " DEAD LETTERS");
        counts.forEach((name, count) -> table.row(name, count));
        out().println(table.isEmpty() ? "there are no dead letters" : table);
        return ExitCode.OK;
    }

    private int of(Bus bus, String name) throws InterruptedException, IOException {
        List<DeadLetter> letters = get(bus.reader().dead(name, most));
        if (isJson()) {
            printJson(json -> BusJson.letters(json, letters));
            return ExitCode.OK;
        }
        Table table = new Table("LETTER", "TIME", "REQUEST", " BYTES", "REASON");
        letters.forEach(letter -> table.row(
                letter.id(),
                letter.time() == null ? "-" : letter.time(),
                letter.request() == null ? "-" : letter.request(),
                letter.bytes(),
                letter.reason()));
        out().println(table.isEmpty() ? Plain.text(name) + ": no dead letters" : table);
        return ExitCode.OK;
    }
}
