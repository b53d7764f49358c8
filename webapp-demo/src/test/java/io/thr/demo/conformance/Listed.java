package io.thr.demo.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The differences that {@code docs/conformance.md} lists, in its tables: case, difference, why.
 *
 * @param thr those of THR, by case
 * @param proxy those of Jetty's proxy
 */
record Listed(Map<String, String> thr, Map<String, String> proxy) {

    private static final Path PAGE = Path.of("../docs/conformance.md");

    static Listed read() throws IOException {
        Map<String, String> thr = new LinkedHashMap<>();
        Map<String, String> proxy = new LinkedHashMap<>();
        Map<String, String> table = new LinkedHashMap<>();
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("## ")) {
                table = line.contains("Jetty") ? proxy : thr;
            } else if (line.startsWith("| 9")) {
                List<String> cells = List.of(line.replace("\\|", "\0").split("\\|", -1));
                String why = cells.get(3).strip();
                if (why.isEmpty() || table.put(cell(cells.get(1)), cell(cells.get(2))) != null) {
                    throw new IllegalStateException(PAGE + ": " + line + " (expected: once, and with a reason)");
                }
            }
        }
        return new Listed(thr, proxy);
    }

    private static String cell(String text) {
        return text.replace('\0', '|').strip();
    }

    /** The row of a difference that is not listed. */
    static String row(String name, String difference) {
        return "| " + name.replace("|", "\\|") + " | " + difference.replace("|", "\\|") + " |  |";
    }
}
