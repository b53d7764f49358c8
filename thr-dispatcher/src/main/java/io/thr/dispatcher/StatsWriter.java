package io.thr.dispatcher;

import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Writes the stats file. A reader never sees half a file: it is written beside and then moved. For one thread at a time.
 */
final class StatsWriter {

    private static final System.Logger LOG = System.getLogger(StatsWriter.class.getName());

    private final Path file;
    private final Path beside;
    private final Stats stats;
    private boolean failed;

    StatsWriter(Path file, Stats stats) {
        this.file = file.toAbsolutePath();
        this.beside = this.file.resolveSibling(
                this.file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        this.stats = stats;
    }

    /** Writes the file; where that fails it is logged, once until it works again. */
    void write(StoppingMode mode) {
        try {
            Files.writeString(beside, stats.jsonToWrite(mode));
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            failed = false;
        } catch (IOException e) {
            if (!failed) {
                LOG.log(WARNING, "stats_file: {0} cannot be written: {1}", file, e);
            }
            failed = true;
        }
    }

    /** Removes the file. */
    void remove() {
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(beside);
        } catch (IOException e) {
            LOG.log(WARNING, "stats_file: {0} cannot be removed: {1}", file, e);
        }
    }
}
