package io.thr.dispatcher.command;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code resume}. */
@Command(
        name = "resume",
        description = "Ends the pause of a queue.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ResumeCommand extends BusCommand {

    @Parameters(paramLabel = "QUEUE", description = "Such as thr:queue:hello.")
    private String queue = "";

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        return done(get(bus.control().resume(queue)), queue + " goes on", queue + " was not paused");
    }
}
