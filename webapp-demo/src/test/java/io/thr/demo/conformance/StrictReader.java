package io.thr.demo.conformance;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads HTTP/1.1 messages as RFC 9112 has them, and forgives nothing: where it lets a recipient choose between refusing and
 * mending, this refuses. For one thread.
 */
final class StrictReader {

    private static final int MAX_LINE = 64 * 1024;
    private static final int MAX_HEAD = 68 * 1024;

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private static final Pattern REQUEST_LINE =
            Pattern.compile("(" + TOKEN + ") ([!-~&&[^#]]+) HTTP/([0-9])\\.([0-9])");
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[0-9] [1-9][0-9]{2} [\t -~\\x80-\\xFF]*");
    private static final Pattern FIELD = Pattern.compile(
            "(" + TOKEN + "):[ \t]*(|[!-~\\x80-\\xFF]|[!-~\\x80-\\xFF]" + "[\t -~\\x80-\\xFF]*[!-~\\x80-\\xFF])[ \t]*");
    private static final Pattern CHUNK = Pattern.compile("([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t -~\\x80-\\xFF]*)?");
    private static final Pattern HOST =
            Pattern.compile("(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::[0-9]*)?");
    private static final Pattern AUTHORITY = Pattern.compile("(?i)https?://([^/?]*).*");

    private final InputStream in;
    private int head;

    StrictReader(InputStream in) {
        this.in = new BufferedInputStream(in);
    }

    /**
     * The next request.
     *
     * @throws EOFException where there is none
     */
    Message request() throws IOException, NotHttpException {
        head = 0;
        in.mark(1);
        if (in.read() < 0) {
            throw new EOFException();
        }
        in.reset();
        String start = line(414);
        if (start.isEmpty()) {
            start = line(414);
        }
        Matcher parts = REQUEST_LINE.matcher(start);
        if (start.matches(TOKEN + " /[^ ]*")) {
            throw new NotHttpException(505, "HTTP/0.9");
        }
        if (!parts.matches()) {
            throw new NotHttpException(400, "request line");
        }
        if (!parts.group(3).equals("1")) {
            throw new NotHttpException(505, "version");
        }
        boolean isOld = parts.group(4).equals("0");
        Fields fields = fields();
        checkHost(fields, parts.group(2), isOld);
        if (parts.group(2).equals("*") && !parts.group(1).equals("OPTIONS")) {
            throw new NotHttpException(400, "target");
        }
        checkFraming(fields, isOld, 501);
        Message head = new Message(start, fields, new byte[0], Fields.NONE, endsAfter(fields, isOld));
        if (fields.has("Transfer-Encoding")) {
            return chunked(head);
        }
        return fields.has("Content-Length") ? whole(head) : head;
    }

    /**
     * The next response, an interim one too.
     *
     * @param isToHead whether it answers a HEAD
     */
    Message response(boolean isToHead) throws IOException, NotHttpException {
        head = 0;
        String start = line(400);
        if (!STATUS_LINE.matcher(start).matches()) {
            throw new NotHttpException(400, "status line");
        }
        boolean isOld = !start.startsWith("HTTP/1.1");
        Fields fields = fields();
        Message head = new Message(start, fields, new byte[0], Fields.NONE, endsAfter(fields, isOld));
        int status = head.status();
        boolean isBodiless = status < 200 || status == 204;
        if ((isBodiless && fields.has("Transfer-Encoding")) || (status < 200 && fields.has("Content-Length"))) {
            throw new NotHttpException(400, "framing fields where there is no body");
        }
        if (isToHead || isBodiless || status == 304) {
            return head;
        }
        checkFraming(fields, isOld, 400);
        if (fields.has("Transfer-Encoding")) {
            return chunked(head);
        }
        if (fields.has("Content-Length")) {
            return whole(head);
        }
        return new Message(start, fields, in.readAllBytes(), Fields.NONE, true);
    }

    /** Whether nothing more comes, up to the end of the connection. */
    boolean isAtEnd() throws IOException {
        return in.read() < 0;
    }

    private static boolean endsAfter(Fields fields, boolean isOld) {
        Set<String> options = fields.members("Connection");
        return options.contains("close") || (isOld && !options.contains("keep-alive"));
    }

    private static void checkHost(Fields fields, String target, boolean isOld) throws NotHttpException {
        List<String> hosts = fields.all("Host");
        if (hosts.size() > 1 || (hosts.isEmpty() && !isOld)) {
            throw new NotHttpException(400, hosts.size() + " Host fields");
        }
        if (!hosts.isEmpty() && !HOST.matcher(hosts.get(0)).matches()) {
            throw new NotHttpException(400, "Host");
        }
        Matcher absolute = AUTHORITY.matcher(target);
        if (!target.startsWith("/") && !target.equals("*") && !absolute.matches()) {
            throw new NotHttpException(400, "target");
        }
        if (absolute.matches() && !HOST.matcher(absolute.group(1)).matches()) {
            throw new NotHttpException(400, "authority");
        }
    }

    /** RFC 9112 §6: one way to tell the length, and one only. */
    private static void checkFraming(Fields fields, boolean isOld, int unknownCoding) throws NotHttpException {
        List<String> lengths = fields.all("Content-Length");
        if (lengths.size() > 1 || lengths.stream().anyMatch(length -> !length.matches("[0-9]{1,18}"))) {
            throw new NotHttpException(400, "Content-Length");
        }
        if (!fields.has("Transfer-Encoding")) {
            return;
        }
        if (!lengths.isEmpty() || isOld) {
            throw new NotHttpException(400, "Transfer-Encoding and Content-Length, or in HTTP/1.0");
        }
        String codings = String.join(", ", fields.all("Transfer-Encoding")).toLowerCase(Locale.ROOT);
        if (!codings.equals("chunked")) {
            boolean endsChunked = codings.matches("(?!chunked)[a-z-]+[ \t]*,[ \t]*chunked");
            throw new NotHttpException(endsChunked ? unknownCoding : 400, "Transfer-Encoding");
        }
    }

    private Message whole(Message head) throws IOException, NotHttpException {
        long length = Long.parseLong(head.fields().all("Content-Length").get(0));
        byte[] body = in.readNBytes((int) Math.min(length, Integer.MAX_VALUE));
        if (body.length < length) {
            throw new NotHttpException(400, "the body ends early");
        }
        return new Message(head.start(), head.fields(), body, Fields.NONE, head.isToClose());
    }

    private Message chunked(Message head) throws IOException, NotHttpException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = chunkSize(); size > 0; size = chunkSize()) {
            byte[] chunk = in.readNBytes(size);
            body.writeBytes(chunk);
            if (chunk.length < size || !line(400).isEmpty()) {
                throw new NotHttpException(400, "chunk");
            }
        }
        return new Message(head.start(), head.fields(), body.toByteArray(), fields(), head.isToClose());
    }

    private int chunkSize() throws IOException, NotHttpException {
        head = 0;
        Matcher size = CHUNK.matcher(line(400));
        if (!size.matches() || Long.parseLong(size.group(1), 16) > 16 * 1024 * 1024) {
            throw new NotHttpException(400, "chunk size");
        }
        return Integer.parseInt(size.group(1), 16);
    }

    private Fields fields() throws IOException, NotHttpException {
        List<Fields.Line> lines = new ArrayList<>();
        for (String line = line(431); !line.isEmpty(); line = line(431)) {
            Matcher field = FIELD.matcher(line);
            if (!field.matches()) {
                throw new NotHttpException(400, "field line");
            }
            lines.add(new Fields.Line(field.group(1), field.group(2)));
        }
        return new Fields(lines);
    }

    private String line(int tooLong) throws IOException, NotHttpException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\r'; b = in.read()) {
            if (b < 0 || b == '\n') {
                throw new NotHttpException(400, b < 0 ? "it ends early" : "a bare LF");
            }
            line.write(b);
            head++;
            if (line.size() > MAX_LINE || head > MAX_HEAD) {
                throw new NotHttpException(tooLong, "too long");
            }
        }
        head += 2;
        if (in.read() != '\n') {
            throw new NotHttpException(400, "a bare CR");
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    /** Field names in lower case, as sets of them are written here. */
    static Set<String> names(String... names) {
        return new TreeSet<>(List.of(names));
    }
}
