package io.thr.filter.rate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a structured field that is a List of Items (RFC 9651 §4.2), by the letter, but for what none of our fields has: inner
 * lists, and other items and parameters than Strings and Integers. Those are refused like everything malformed.
 */
final class StructuredFieldList {

    /** One member, its parameters in their order. */
    record Item(Object value, Map<String, Object> parameters) {}

    private static final String LOWER = "abcdefghijklmnopqrstuvwxyz";

    private final String text;
    private int at;

    private StructuredFieldList(String text) {
        this.text = text;
    }

    /** The members of that field. */
    static List<Item> parse(String text) {
        StructuredFieldList reader = new StructuredFieldList(text);
        reader.skip(" ");
        List<Item> list = reader.list();
        reader.skip(" ");
        if (reader.at < text.length()) {
            throw reader.malformed("the end");
        }
        return list;
    }

    private List<Item> list() {
        List<Item> members = new ArrayList<>();
        while (at < text.length()) {
            members.add(item());
            skip(" \t");
            if (at == text.length()) {
                return members;
            }
            expect(',');
            skip(" \t");
            if (at == text.length()) {
                throw malformed("a member after the comma");
            }
        }
        return members;
    }

    private Item item() {
        Object value = bareItem();
        Map<String, Object> parameters = new LinkedHashMap<>();
        while (peek() == ';') {
            at++;
            skip(" ");
            String key = key();
            expect('=');
            if (parameters.put(key, bareItem()) != null) {
                throw malformed("another key than " + key + " again");
            }
        }
        return new Item(value, parameters);
    }

    private Object bareItem() {
        return peek() == '"' ? string() : integer();
    }

    private String string() {
        expect('"');
        StringBuilder string = new StringBuilder();
        while (peek() != '"') {
            char c = take();
            if (c < ' ' || c > '~') {
                throw malformed("printable ASCII");
            }
            if (c == '\\') {
                c = take();
                if (c != '"' && c != '\\') {
                    throw malformed("a quote or a backslash after a backslash");
                }
            }
            string.append(c);
        }
        at++;
        return string.toString();
    }

    private Long integer() {
        int start = at;
        if (peek() == '-') {
            at++;
        }
        int digits = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == digits || at - digits > 15 || peek() == '.') {
            throw malformed("1 to 15 digits");
        }
        return Long.valueOf(text.substring(start, at));
    }

    private String key() {
        int start = at;
        if ((LOWER + "*").indexOf(peek()) < 0) {
            throw malformed("a key");
        }
        skip(LOWER + "0123456789_-.*");
        return text.substring(start, at);
    }

    private void skip(String characters) {
        while (at < text.length() && characters.indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private void expect(char c) {
        if (take() != c) {
            throw malformed("'" + c + "'");
        }
    }

    private char take() {
        if (at == text.length()) {
            throw malformed("more");
        }
        return text.charAt(at++);
    }

    private char peek() {
        return at == text.length() ? 0 : text.charAt(at);
    }

    private IllegalArgumentException malformed(String expected) {
        return new IllegalArgumentException(text + " at " + at + " (expected: " + expected + ")");
    }
}
