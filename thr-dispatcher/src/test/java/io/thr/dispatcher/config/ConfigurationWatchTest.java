package io.thr.dispatcher.config;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;

import io.thr.core.Logged;
import io.thr.core.config.FileWatch;
import io.thr.core.limit.PriorityOrder;
import io.thr.core.schedule.LostSlots;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationWatchTest {

    private static final String QUEUES = "queues: [ { queue: q } ]\n";

    @TempDir
    Path directory;

    private final List<DispatcherSettings> applied = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    private Instant fileTime = Instant.parse("2024-01-01T00:00:00Z");
    private Path file = Path.of("");
    private DispatcherSettings started = DispatcherConfig.parse("d.yaml", QUEUES, Map.of());
    private ConfigurationWatch watch = watch(applied::add);

    @BeforeEach
    void start() {
        file = directory.resolve("dispatcher.yaml");
        write(limit(2));
        started = read();
        watch = watch(applied::add);
        lookTwice();
        assertThat(applied, is(empty()));
    }

    @AfterEach
    void end() {
        watch.close();
        executor.shutdownNow();
    }

    @Test
    void raised_limit_is_handed_on() {
        write(limit(3));
        lookTwice();
        assertThat(applied, contains(read()));
        assertThat(maximum(), is(3));
        lookTwice();
        assertThat(applied, hasSize(1));
    }

    @Test
    void everything_live_is_handed_on() {
        write("order: strict\nfair_by: host\nlost_slots: hold\nmax_attempts: 9\n" + QUEUES);
        lookTwice();
        assertThat(applied, contains(read()));
        assertThat(applied.get(0).scheduling().order(), is(new PriorityOrder.Strict()));
        assertThat(applied.get(0).lostSlots(), is(LostSlots.HOLD));
    }

    @Test
    void file_that_is_still_being_written_is_not_read() {
        write("max_attempts: 4\n" + QUEUES);
        assertThat(watch.look(), is(false));
        write("max_attempts: 5\n" + QUEUES);
        assertThat(watch.look(), is(false));
        assertThat(applied, is(empty()));
        assertThat(watch.look(), is(true));
        assertThat(applied.stream().map(DispatcherSettings::maxAttempts).toList(), contains(5));
    }

    @Test
    void change_between_the_first_reading_and_the_first_look_is_found() {
        write(limit(7));
        watch = watch(applied::add);
        lookTwice();
        assertThat(maximum(), is(7));
    }

    @Test
    void invalid_file_is_logged_with_all_mistakes_and_changes_nothing() {
        write("max_attemps: 4\nlost_slots: keep\n" + QUEUES);
        List<String> logged = Logged.by(ConfigurationWatch.class, this::lookTwice);
        assertThat(
                logged,
                contains(allOf(
                        containsString(
                                "WARNING " + file + ": has been changed, and is wrong; what was in force stays so"),
                        containsString(":1:1: unknown key `max_attemps`"),
                        containsString("did you mean `max_attempts`?"),
                        containsString(":2:13: lost_slots: keep"))));
        assertThat(applied, is(empty()));
        assertThat(Logged.by(ConfigurationWatch.class, this::lookTwice), is(empty()));
        write(limit(4));
        lookTwice();
        assertThat(maximum(), is(4));
    }

    @Test
    void what_takes_effect_at_the_next_start_is_named_and_kept() {
        write("redis: redis://other\ntimeout: 3s\nmax_waiting: 9\nmax_attempts: 4\n" + QUEUES);
        List<String> logged = Logged.by(ConfigurationWatch.class, this::lookTwice);
        assertThat(
                logged,
                contains(
                        "WARNING " + file + ": takes effect at the next start: redis, timeout, max_waiting",
                        "INFO " + file + ": has been changed, and is in force"));
        assertThat(applied, contains(started.edit().noLimits().maxAttempts(4).build()));
    }

    @Test
    void every_setting_is_live_or_named() {
        // Of all the settings but scheduling, lost_slots and max_attempts
        write("""
                redis: redis://other
                bus: other
                timeout: 1s
                max_lifetime: 1s
                stats_file: /other
                stats_frequency_ms: 1
                access_log: stdout
                add_thr_extra_headers: true
                max_response_body: 1
                body_threshold: 1
                queues: [ { queue: other } ]
                max_waiting: 1
                admin: { port: 0 }
                """);
        String named = Logged.by(ConfigurationWatch.class, this::lookTwice).get(0);
        List<String> names =
                Arrays.asList(named.substring(named.lastIndexOf(": ") + 2).split(", "));
        assertThat(names, hasSize(DispatcherSettings.class.getRecordComponents().length - 3));
        assertThat(
                names,
                containsInAnyOrder(
                        "redis",
                        "bus",
                        "timeout",
                        "max_lifetime",
                        "stats_file",
                        "stats_frequency_ms",
                        "access_log",
                        "add_thr_extra_headers",
                        "admin",
                        "max_response_body",
                        "body_threshold",
                        "queues",
                        "max_waiting"));
    }

    @Test
    void change_of_nothing_that_counts_is_not_handed_on() {
        write("# a remark\n" + limit(2));
        assertThat(Logged.by(ConfigurationWatch.class, this::lookTwice), is(empty()));
        assertThat(applied, is(empty()));
    }

    @Test
    void file_that_is_replaced_is_read_even_with_its_time_and_size() throws IOException {
        Path next = directory.resolve("next.yaml");
        Files.writeString(next, limit(8));
        Files.setLastModifiedTime(next, Files.getLastModifiedTime(file));
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
        lookTwice();
        assertThat(maximum(), is(8));
    }

    @Test
    void file_behind_a_link_is_watched() throws IOException {
        Path one = directory.resolve("one.yaml");
        Path two = directory.resolve("two.yaml");
        Files.writeString(one, limit(2));
        Files.writeString(two, limit(6));
        Files.delete(file);
        Files.createSymbolicLink(file, one.getFileName());
        lookTwice();
        Files.delete(file);
        Files.createSymbolicLink(file, two.getFileName());
        lookTwice();
        assertThat(maximum(), is(6));
    }

    @Test
    void file_that_is_gone_is_told_once_and_changes_nothing() throws IOException {
        Files.delete(file);
        assertThat(
                Logged.by(FileWatch.class, () -> {
                    lookTwice();
                    lookTwice();
                }),
                contains("WARNING " + file + ": is not there; what was read of it stays in force"));
        write(limit(9));
        lookTwice();
        assertThat(maximum(), is(9));
    }

    @Test
    void what_cannot_be_put_in_force_is_tried_at_the_next_change() {
        watch = watch(settings -> {
            applied.add(settings);
            if (applied.size() == 1) {
                throw new IllegalStateException("redis is out of reach");
            }
        });
        write(limit(3));
        assertThat(
                Logged.by(ConfigurationWatch.class, this::lookTwice),
                contains(containsString("could not be put in force java.lang.IllegalStateException: redis is")));
        write(limit(3));
        lookTwice();
        assertThat(applied, hasSize(2));
    }

    @Test
    void running_watch_finds_one_change_after_the_other() {
        ConfigurationWatch running =
                ConfigurationWatch.start(() -> List.of(file), started, this::read, applied::add, executor);
        try {
            write(limit(3));
            await().atMost(Duration.ofSeconds(5)).until(() -> applied.size() == 1);
            write(limit(4));
            await().atMost(Duration.ofSeconds(5)).until(() -> applied.size() == 2);
        } finally {
            running.close();
        }
        assertThat(maximum(), is(4));
    }

    @Test
    void closed_watch_reads_nothing_more() {
        watch.close();
        write(limit(3));
        lookTwice();
        assertThat(applied, is(empty()));
    }

    private int maximum() {
        return applied.get(applied.size() - 1).scheduling().limits().maxima().getOrDefault("l", -1);
    }

    private void lookTwice() {
        watch.look();
        watch.look();
    }

    private ConfigurationWatch watch(Consumer<DispatcherSettings> apply) {
        return new ConfigurationWatch(() -> List.of(file), started, this::read, apply, executor);
    }

    private DispatcherSettings read() {
        return DispatcherConfig.read(file, Map.of());
    }

    /** Each a second later than the one before, so that no test depends on how fine the file system's clock is. */
    private void write(String text) {
        fileTime = fileTime.plusSeconds(1);
        try {
            Files.writeString(file, text);
            Files.setLastModifiedTime(file, FileTime.from(fileTime));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String limit(int max) {
        return "limits: [ { name: l, hash: path, dynamic: true, max: " + max + " } ]\n" + QUEUES;
    }
}
