package io.thr.core.config;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileWatchTest {

    @TempDir
    Path directory;

    private final AtomicInteger told = new AtomicInteger();
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    private final List<Path> files = new ArrayList<>();
    private Path file = Path.of("");

    @BeforeEach
    void make() throws IOException {
        file = Files.writeString(directory.resolve("one"), "1");
        files.add(file);
    }

    @AfterEach
    void end() {
        executor.shutdownNow();
    }

    private FileWatch watch() {
        return new FileWatch(() -> files, FileVersions.of(files), told::incrementAndGet, executor);
    }

    @Test
    void file_that_has_not_changed_is_not_told_of() {
        FileWatch watch = watch();
        assertThat(watch.look(), is(true));
        assertThat(watch.look(), is(true));
        assertThat(told.get(), is(0));
    }

    @Test
    void change_before_the_first_look_is_told_once_it_is_over() throws IOException {
        FileWatch watch = watch();
        Files.writeString(file, "22");
        assertThat(watch.look(), is(false));
        Files.writeString(file, "333");
        assertThat(watch.look(), is(false));
        assertThat(told.get(), is(0));
        assertThat(watch.look(), is(true));
        assertThat(watch.look(), is(true));
        assertThat(told.get(), is(1));
    }

    @Test
    void file_that_is_gone_is_not_told_of_before_it_is_back() throws IOException {
        FileWatch watch = watch();
        Files.delete(file);
        assertThat(watch.look(), is(false));
        assertThat(watch.look(), is(true));
        assertThat(told.get(), is(0));
        Files.writeString(file, "back");
        assertThat(watch.look(), is(false));
        assertThat(watch.look(), is(true));
        assertThat(told.get(), is(1));
    }

    @Test
    void any_of_several_files_counts() throws IOException {
        Path other = Files.writeString(directory.resolve("two"), "2");
        files.add(other);
        FileWatch watch = watch();
        Files.writeString(other, "changed");
        watch.look();
        watch.look();
        assertThat(told.get(), is(1));
    }

    @Test
    void closed_watch_looks_no_more() throws IOException {
        FileWatch watch = watch();
        watch.close();
        Files.writeString(file, "22");
        assertThat(watch.look(), is(true));
        assertThat(watch.look(), is(true));
        assertThat(told.get(), is(0));
    }
}
