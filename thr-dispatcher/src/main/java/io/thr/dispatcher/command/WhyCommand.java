package io.thr.dispatcher.command;

import io.thr.admin.BusJson;
import io.thr.core.bus.Why;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Parameters;

/** {@code why}. */
@Command(
        name = "why",
        description =
                "Tells why a request waits: for which counter, who holds it, how many come before, and when it begins.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class WhyCommand extends BusCommand {

    @Parameters(paramLabel = "REQUEST-ID", description = "As the client got it in X-Request-Id, or as 'peek' shows it.")
    private String request = "";

    @Override
    int run(Bus bus) throws InterruptedException, IOException {
        List<Why> found = get(bus.reader().why(request));
        if (isJson()) {
            printJson(json -> BusJson.why(json, found));
        } else {
            Instant now = Instant.now();
            found.forEach(why -> WhyText.of(why, now).forEach(out()::println));
        }
        return found.stream().allMatch(Why.Unknown.class::isInstance) ? ExitCode.SOFTWARE : ExitCode.OK;
    }
}
