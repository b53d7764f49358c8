package io.thr.dispatcher.command;

import io.thr.admin.BusJson;
import io.thr.core.bus.QueuedRequest;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code peek}. */
@Command(
        name = "peek",
        description = "Shows which requests of a queue come next, in the order of their priority and arrival.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class PeekCommand extends BusCommand {

    @Parameters(paramLabel = "QUEUE", description = "Such as thr:queue:hello.")
    private String queue = "";

    @Option(names = "--most", paramLabel = "N", defaultValue = "20", description = "How many (${DEFAULT-VALUE}).")
    private int most;

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        if (most < 1 || most > 500) {
            throw wrong("--most: " + most + " (expected: 1 to 500)");
        }
        List<QueuedRequest> requests = get(bus.reader().peek(queue, most));
        if (isJson()) {
            printJson(json -> BusJson.requests(json, requests));
            return ExitCode.OK;
        }
        if (requests.isEmpty()) {
            out().println(Plain.text(queue) + ": nothing waits");
            return ExitCode.OK;
        }
        Instant now = Instant.now();
        Table table = new Table("REQUEST", " WAITED", " PRIORITY", "METHOD", "PATH", "WAITS FOR");
        requests.forEach(request -> table.row(
                request.request().isEmpty() ? "(cannot be read)" : request.request(),
                Plain.since(request.since(), now),
                request.priority(),
                request.method(),
                request.path(),
                request.listed() ? "a dispatcher" : request.blockedBy() == null ? "its turn" : request.blockedBy()));
        out().println(table);
        return ExitCode.OK;
    }
}
