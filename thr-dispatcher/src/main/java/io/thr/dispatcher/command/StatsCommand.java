package io.thr.dispatcher.command;

import io.thr.admin.BusJson;
import io.thr.core.bus.BusState;
import io.thr.core.bus.Totals;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/** {@code stats}. */
@Command(
        name = "stats",
        description = "Shows the whole bus: queues, limits, what waits for what, members, upstreams.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class StatsCommand extends BusCommand {

    /** How many flows are shown. */
    private static final int MOST = 20;

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        BusState state = get(bus.reader().state());
        if (isJson()) {
            printJson(json -> BusJson.state(json, state));
            return ExitCode.OK;
        }
        out().println("bus " + Plain.text(state.bus()) + " at " + Plain.text(state.redis()) + ", " + state.at());
        for (Table table : new Table[] {
            Tables.queues(state),
            Tables.counts(Totals.of(state.members())),
            Tables.limits(state),
            Tables.flows(state, MOST),
            Tables.members(state),
            Tables.servers(state)
        }) {
            if (!table.isEmpty()) {
                out().println();
                out().println(table);
            }
        }
        if (state.flowsInAll() > MOST) {
            out().println("and " + (state.flowsInAll() - MOST) + " flows more that wait");
        }
        return ExitCode.OK;
    }
}
