package io.thr.dispatcher.command;

import java.util.ArrayList;
import java.util.List;

/** Lines in columns; numbers and times to the right. For one thread. */
final class Table {

    private final List<List<String>> rows = new ArrayList<>();
    private final List<Boolean> right = new ArrayList<>();

    /**
     * With these heads.
     *
     * @param heads one that begins with a blank is of a column to the right
     */
    Table(String... heads) {
        List<String> head = new ArrayList<>();
        for (String name : heads) {
            right.add(name.startsWith(" "));
            head.add(name.strip());
        }
        rows.add(head);
    }

    /** Adds a line; what it says is made {@linkplain Plain#text plain}. */
    Table row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(Plain.text(String.valueOf(cell)));
        }
        rows.add(row);
        return this;
    }

    boolean isEmpty() {
        return rows.size() == 1;
    }

    /** The lines, without blanks at their ends. */
    List<String> lines() {
        int[] widths = new int[right.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], width(row.get(i)));
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String pad = " ".repeat(widths[i] - width(row.get(i)));
                line.append(i == 0 ? "" : "  ");
                line.append(right.get(i) ? pad + row.get(i) : row.get(i) + pad);
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private static int width(String text) {
        return text.codePointCount(0, text.length());
    }

    @Override
    public String toString() {
        return String.join(System.lineSeparator(), lines());
    }
}
