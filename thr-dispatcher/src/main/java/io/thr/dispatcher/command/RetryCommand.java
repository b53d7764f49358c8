package io.thr.dispatcher.command;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code retry}. */
@Command(
        name = "retry",
        description = "Puts the message of a dead letter on its queue again.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RetryCommand extends BusCommand {

    @Parameters(index = "0", paramLabel = "QUEUE", description = "Such as thr:queue:hello.")
    private String queue = "";

    @Parameters(index = "1", paramLabel = "LETTER", description = "As 'dead' shows it.")
    private String letter = "";

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        return done(
                get(bus.control().retry(queue, letter)),
                "its message is on " + queue + " again",
                queue + " has no such dead letter, or it holds no message: " + letter);
    }
}
