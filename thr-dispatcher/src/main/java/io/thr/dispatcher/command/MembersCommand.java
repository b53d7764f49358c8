package io.thr.dispatcher.command;

import io.thr.admin.BusJson;
import io.thr.core.bus.BusState;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/** {@code members}. */
@Command(
        name = "members",
        description = "Shows the dispatchers: their leases, and what they serve.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class MembersCommand extends BusCommand {

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        BusState state = get(bus.reader().state());
        if (isJson()) {
            printJson(json -> BusJson.members(json, state));
        } else {
            out().println(state.members().isEmpty() ? "no dispatcher runs" : Tables.members(state));
        }
        return ExitCode.OK;
    }
}
