package io.thr.dispatcher.command;

import io.thr.admin.BusJson;
import io.thr.core.bus.BusState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/** {@code queues}. */
@Command(
        name = "queues",
        description = "Shows the queues: how many wait, since when, and for how long.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class QueuesCommand extends BusCommand {

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        BusState state = get(bus.reader().state());
        List<String> unserved = new ArrayList<>(get(bus.reader().unservedQueues()));
        state.queues().forEach(queue -> unserved.remove(queue.name()));
        if (isJson()) {
            printJson(json -> {
                BusJson.queues(json, state);
                BusJson.texts(json, "unserved", unserved);
            });
            return ExitCode.OK;
        }
        Table table = Tables.queues(state);
        out().println(table.isEmpty() ? "no dispatcher serves a queue here, and nothing waits" : table);
        unserved.forEach(queue -> out().println(
                        "nobody serves " + Plain.text(queue) + ": messages stay on this list until a dispatcher does"));
        return ExitCode.OK;
    }
}
