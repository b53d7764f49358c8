package io.thr.dispatcher.command;

import io.thr.admin.BusJson;
import io.thr.core.bus.BusState;
import io.thr.core.bus.DeadLetter;
import java.io.IOException;
import java.util.List;
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

    @Parameters(paramLabel = "QUEUE", arity = "0..1", description = "Without it: how many each queue has.")
    private @Nullable String queue;

    @Option(names = "--most", paramLabel = "N", defaultValue = "20", description = "How many (${DEFAULT-VALUE}).")
    private int most;

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        if (most < 1 || most > 1_000) {
            throw wrong("--most: " + most + " (expected: 1 to 1000)");
        }
        return queue == null ? all(bus) : of(bus, queue);
    }

    private int all(Bus bus) throws InterruptedException, IOException {
        BusState state = get(bus.reader().state());
        if (isJson()) {
            printJson(json -> BusJson.queues(json, state));
            return ExitCode.OK;
        }
        Table table = new Table("QUEUE", " DEAD LETTERS");
        state.queues().stream().filter(one -> one.dead() > 0).forEach(one -> table.row(one.name(), one.dead()));
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
