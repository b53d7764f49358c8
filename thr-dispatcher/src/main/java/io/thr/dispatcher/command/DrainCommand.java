package io.thr.dispatcher.command;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code drain}. */
@Command(
        name = "drain",
        description = "Tells a dispatcher to take nothing more, to finish what it runs, and to end.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DrainCommand extends BusCommand {

    @Parameters(paramLabel = "MEMBER", description = "As 'members' shows it.")
    private String member = "";

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        return done(
                get(bus.control().drain(member)),
                member + " is told to; 'members' shows how it gets on",
                "there is no member " + member + "; 'members' lists them");
    }
}
