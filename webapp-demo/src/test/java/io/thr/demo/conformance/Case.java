package io.thr.demo.conformance;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request, what the upstream answers, and what must come of it. The files in {@code conformance} have them:
 *
 * <pre>
 * 9110 §7.6.1: what Connection names goes no further       the name, with the section
 *   > GET / HTTP/1.1                                       what the client sends, line by line; a blank line ends the
 *   > Host: a.example                                      head, and may be left out where nothing follows
 *   > Connection: X-Hop
 *   > X-Hop: 1
 *   >| body                                                bytes without CRLF after them
 *   &lt; HTTP/1.1 200 OK                                      what the upstream answers, alike; 200 and "ok" where it is left out
 *   &lt; Content-Length: 0
 *   ~ upstream closes                                      how they behave besides; see below
 *   = 200                                                  what must come of it by THR; see {@link Wants}
 *   = upstream no X-Hop
 * </pre>
 *
 * {@code <tab>}, {@code <blank>}, {@code <CR>}, {@code <LF>}, {@code <NUL>}, {@code <x80>} stand for bytes, {@code <3*ab>}
 * for three times what follows the star, which may hold those. {@code ~ upstream closes}: after its answer. {@code ~ client closes}: its half of
 * the connection, after its request. {@code ~ responses 2}: so many are to come.
 *
 * <p>In {@code rfc9113.txt} the lines are those of an HTTP/2 request: its header section, DATA, its trailers. The direct way
 * has the same request in HTTP/1.1; where it is {@code ~ malformed}, a server that refuses it.
 */
record Case(
        String name,
        byte[] request,
        @Nullable Http2Request http2,
        boolean isMalformed,
        byte[] answer,
        boolean upstreamCloses,
        boolean halfCloses,
        int responses,
        List<String> wants) {

    private static final String HTTP2 = "rfc9113.txt";

    private static final byte[] OK =
            Origin.bytes("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok");

    /** All cases of those files, in their order. */
    static List<Case> read(String... files) {
        List<Case> cases = new ArrayList<>();
        for (String file : files) {
            try (InputStream in = Case.class.getResourceAsStream("/conformance/" + file)) {
                String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
                Reader reader = new Reader(file.equals(HTTP2));
                text.lines()
                        .filter(line -> !line.isBlank() && !line.startsWith("#"))
                        .forEach(reader::line);
                reader.end();
                cases.addAll(reader.cases);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return cases;
    }

    boolean isHead() {
        return new String(request, 0, Math.min(5, request.length), StandardCharsets.ISO_8859_1).equals("HEAD ");
    }

    @Override
    public String toString() {
        return name;
    }

    /** The bytes of one side, as they are put together. */
    private static final class Bytes {

        private static final Pattern BYTES = Pattern.compile("<(?:(tab)|(blank)|(CR)|(LF)|(NUL)|x([0-9A-F]{2}))>");
        private static final Pattern REPEATS = Pattern.compile("<([0-9]+)\\*([^>]*)>");

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean isTold;
        private boolean hasEndOfHead;

        void line(String text) {
            hasEndOfHead |= text.isEmpty();
            piece(text + "\r\n");
        }

        void body(String text) {
            hasEndOfHead = true;
            piece(text);
        }

        private void piece(String text) {
            isTold = true;
            bytes.writeBytes(of(text));
        }

        static byte[] of(String text) {
            String inBytes = BYTES.matcher(text).replaceAll(found -> Matcher.quoteReplacement(meaning(found)));
            return Origin.bytes(REPEATS.matcher(inBytes)
                    .replaceAll(found ->
                            Matcher.quoteReplacement(found.group(2).repeat(Integer.parseInt(found.group(1))))));
        }

        private static String meaning(MatchResult found) {
            String[] simple = {"\t", " ", "\r", "\n", "\0"};
            for (int i = 0; i < simple.length; i++) {
                if (found.group(i + 1) != null) {
                    return simple[i];
                }
            }
            return Character.toString(Integer.parseInt(found.group(6), 16));
        }

        byte[] all() {
            if (!hasEndOfHead) {
                line("");
            }
            return bytes.toByteArray();
        }

        boolean isTold() {
            return isTold;
        }
    }

    /** Takes a file line by line. For one thread. */
    private static final class Reader {

        private final boolean isHttp2;
        private final List<Case> cases = new ArrayList<>();
        private String name = "";
        private Bytes request = new Bytes();
        private List<Http2Request.Part> parts = new ArrayList<>();
        private List<Fields.Line> section = new ArrayList<>();
        private boolean isMalformed;
        private Bytes answer = new Bytes();
        private boolean upstreamCloses;
        private boolean clientCloses;
        private int responses = 1;
        private List<String> wants = new ArrayList<>();

        Reader(boolean isHttp2) {
            this.isHttp2 = isHttp2;
        }

        void line(String line) {
            if (!line.startsWith(" ")) {
                end();
                name = line;
                return;
            }
            String told = line.strip();
            char side = told.charAt(0);
            String text = told.length() > 2 ? line.substring(line.indexOf(side) + 2) : "";
            switch (side) {
                case '>' -> {
                    if (isHttp2) {
                        takeHttp2(told, text);
                    } else {
                        take(request, told, text);
                    }
                }
                case '<' -> take(answer, told, text);
                case '=' -> wants.add(text);
                case '~' -> behave(text);
                default -> throw new IllegalStateException(name + ": " + line);
            }
        }

        private static void take(Bytes side, String told, String text) {
            if (told.startsWith("|", 1)) {
                side.body(text.startsWith(" ") ? text.substring(1) : text);
            } else {
                side.line(text);
            }
        }

        private void takeHttp2(String told, String text) {
            if (told.startsWith("|", 1)) {
                parts.add(new Http2Request.Part.Data(Bytes.of(text.strip())));
                section = new ArrayList<>();
                return;
            }
            if (section.isEmpty()) {
                parts.add(new Http2Request.Part.Section(section));
            }
            String line = new String(Bytes.of(text), StandardCharsets.ISO_8859_1);
            int colon = line.indexOf(':', 1);
            section.add(new Fields.Line(
                    line.substring(0, colon), line.substring(colon + 1).substring(1)));
        }

        private void behave(String text) {
            switch (text) {
                case "malformed" -> isMalformed = true;
                case "upstream closes" -> upstreamCloses = true;
                case "client closes" -> clientCloses = true;
                case "responses 2" -> responses = 2;
                case "responses 3" -> responses = 3;
                default -> throw new IllegalStateException(name + ": ~ " + text);
            }
        }

        void end() {
            byte[] answers = answer.isTold() ? answer.all() : OK;
            Http2Request http2 = parts.isEmpty() ? null : new Http2Request(parts);
            if (http2 != null || request.isTold()) {
                byte[] bytes = http2 == null ? request.all() : isMalformed ? new byte[0] : http2.inHttp1();
                cases.add(new Case(
                        name, bytes, http2, isMalformed, answers, upstreamCloses, clientCloses, responses, wants));
            }
            request = new Bytes();
            parts = new ArrayList<>();
            section = new ArrayList<>();
            isMalformed = false;
            answer = new Bytes();
            upstreamCloses = false;
            clientCloses = false;
            responses = 1;
            wants = new ArrayList<>();
        }
    }
}
