package io.thr.dispatcher.command;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code pause}. */
@Command(
        name = "pause",
        description =
                "Begins nothing more of a queue, on no dispatcher, until 'resume'. What runs goes on; what waits keeps its"
                        + " place, and gets 504 when its time is up.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class PauseCommand extends BusCommand {

    @Parameters(paramLabel = "QUEUE", description = "Such as thr:queue:hello.")
    private String queue = "";

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        return done(get(bus.control().pause(queue)), queue + " is paused", queue + " was paused already");
    }
}
