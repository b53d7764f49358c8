package io.thr.dispatcher;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.thr.dispatcher.config.AccessLogPlace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The access log where more comes than can be written, or nothing can. */
class AccessLogTest {

    private static final AccessEntry ENTRY = new AccessEntry(
            Instant.EPOCH, "id", "q", "GET", 1L, 1L, 1, List.of(), null, 200, RouteMeters.Outcome.ANSWERED);

    @TempDir
    private Path folder;

    @Test
    void what_is_not_written_is_counted_and_said_and_keeps_nobody_waiting() throws Exception {
        Path file = folder.resolve("access.log");
        int many = 200_000;
        long begin = System.nanoTime();
        AccessLog log = AccessLog.to(new AccessLogPlace.File(file));
        for (int i = 0; i < many; i++) {
            log.add(() -> ENTRY);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin), is(lessThan(Duration.ofSeconds(5))));
        log.close();

        List<String> lines = Files.readAllLines(file);
        long written = lines.stream().filter(line -> line.startsWith("time=")).count();
        long said = lines.stream()
                .filter(line -> line.startsWith("dropped="))
                .mapToLong(line -> Long.parseLong(line.substring("dropped=".length())))
                .sum();
        assertThat(log.dropped(), is(greaterThan(0L)));
        assertThat(said, is(log.dropped()));
        assertThat(written + said, is((long) many));
    }

    @Test
    void full_disk_costs_lines_and_nothing_else() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full));
        try (AccessLog log = AccessLog.to(new AccessLogPlace.File(full))) {
            log.add(() -> ENTRY);
            await().until(() -> log.dropped() == 1);
            log.add(() -> ENTRY);
            await().until(() -> log.dropped() == 2);
        }
    }

    @Test
    void file_that_cannot_be_opened_is_told_at_the_start() {
        Path missing = folder.resolve("missing/access.log");
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class,
                () -> AccessLog.to(new AccessLogPlace.File(missing)).close());
        assertThat(String.valueOf(refused.getMessage()).startsWith("access_log: "), is(true));
    }
}
