package io.thr.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;

/** The folder of the reports, each a file named by its time. */
record Results(Path folder) {

    static Results in(Path folder) {
        return new Results(folder);
    }

    /**
     * Makes a new one, and the folder where there is none.
     *
     * @param what behind the time
     */
    Path write(String what, String markdown) throws IOException {
        String time = DateTimeFormatter.ofPattern("yyyy-MM-dd-HHmm").format(LocalDateTime.now(ZoneId.systemDefault()));
        return Files.writeString(Files.createDirectories(folder).resolve(time + what + ".md"), markdown);
    }
}
