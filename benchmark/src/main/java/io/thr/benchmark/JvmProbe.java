package io.thr.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks into another JVM of the same user by the JDK's {@code jcmd}: its live heap and its threads. */
final class JvmProbe {

    /** The last line of a class histogram: instances, then bytes. */
    private static final Pattern TOTAL = Pattern.compile("^Total\\s+\\d+\\s+(\\d+)", Pattern.MULTILINE);

    /** The first line of a Java thread in a thread dump; those of the VM have no number. */
    private static final Pattern THREAD = Pattern.compile("^\".*\" #\\d+", Pattern.MULTILINE);

    /**
     * What a JVM holds while so many requests wait.
     *
     * @param liveBytes the heap after a full collection
     */
    record Sight(long requests, long liveBytes, long threads) {}

    private final long pid;

    JvmProbe(long pid) {
        this.pid = pid;
    }

    Sight look(long requests) throws IOException {
        Matcher total = TOTAL.matcher(jcmd("GC.class_histogram"));
        if (!total.find()) {
            throw new IOException("class histogram without a total");
        }
        long threads = THREAD.matcher(jcmd("Thread.print")).results().count();
        return new Sight(requests, Long.parseLong(total.group(1)), threads);
    }

    private String jcmd(String command) throws IOException {
        String executable =
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process process = new ProcessBuilder(executable, String.valueOf(pid), command)
                .redirectErrorStream(true)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
