package io.thr.dispatcher.command;

import java.io.Console;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code purge}. */
@Command(
        name = "purge",
        description = "Answers all that waits in a queue with 503. What runs goes on.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class PurgeCommand extends BusCommand {

    @Parameters(paramLabel = "QUEUE", description = "Such as thr:queue:hello.")
    private String queue = "";

    @Option(names = "--dead", description = "Forgets the queue's dead letters instead.")
    private boolean dead;

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        if (!yes && !confirmed()) {
            err().println("nothing was done");
            return ExitCode.SOFTWARE;
        }
        long count = get(dead ? bus.control().purgeDead(queue) : bus.control().purge(queue));
        if (isJson()) {
            printJson(json -> json.writeNumberField("count", count));
        } else {
            out().println(Plain.text(
                    queue + ": " + count + (dead ? " dead letters forgotten" : " requests answered with 503")));
        }
        return ExitCode.OK;
    }

    private boolean confirmed() {
        Console console = Terminal.find();
        if (console == null) {
            throw wrong("nobody can be asked here: say --yes");
        }
        String what = dead ? "Forget all dead letters of " : "Answer with 503 all requests that wait in ";
        String answer = console.readLine("%s%s? [y/N] ", what, Plain.text(queue));
        return answer != null && (answer.equalsIgnoreCase("y") || answer.equalsIgnoreCase("yes"));
    }
}
