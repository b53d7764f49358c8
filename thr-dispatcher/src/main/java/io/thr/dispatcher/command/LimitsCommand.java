package io.thr.dispatcher.command;

import io.thr.admin.BusJson;
import io.thr.core.bus.BusState;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Parameters;

/** {@code limits}, {@code limits set}, {@code limits reset}. */
@Command(
        name = "limits",
        description = "Shows the limits in force, and how far they are used; changes them.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        subcommands = {LimitsCommand.Set.class, LimitsCommand.Reset.class})
final class LimitsCommand extends BusCommand {

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        BusState state = get(bus.reader().state());
        if (isJson()) {
            printJson(json -> BusJson.limits(json, state));
        } else {
            out().println(state.limits().isEmpty() ? "no limit is in force" : Tables.limits(state));
        }
        return ExitCode.OK;
    }

    @Command(
            name = "set",
            description = "Sets a maximum instead of the configured one, for all dispatchers, until it is reset.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Set extends BusCommand {

        @Parameters(index = "0", paramLabel = "NAME", description = "The limit.")
        private String name = "";

        @Parameters(index = "1", paramLabel = "N", description = "Its maximum; with 0 nothing more of it is begun.")
        private int max;

        @Override
        int run(Bus bus) throws InterruptedException, IOException {
            if (max < 0) {
                throw wrong("N: " + max + " (expected: >= 0)");
            }
            return done(
                    get(bus.control().setLimit(name, max)),
                    name + ": " + max + " is in force, until: limits reset " + name,
                    "there is no limit " + name + "; 'limits' lists them");
        }
    }

    @Command(
            name = "reset",
            description = "Puts the configured maximum in force again.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Reset extends BusCommand {

        @Parameters(paramLabel = "NAME", description = "The limit.")
        private String name = "";

        @Override
        int run(Bus bus) throws InterruptedException, IOException {
            return done(
                    get(bus.control().resetLimit(name)),
                    name + ": the configured maximum is in force",
                    "nobody has set " + name + ": what is configured is in force");
        }
    }
}
