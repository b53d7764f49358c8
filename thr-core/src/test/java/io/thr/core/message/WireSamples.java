package io.thr.core.message;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was captured of the original program at work: its messages in Redis, and the HTTP before and behind them. The
 * table in {@code wire-samples/index.md} says what each sample is. For the tests of all modules.
 */
public final class WireSamples {

    private WireSamples() {}

    /** The names of all samples that have a capture of that kind, such as {@code request.json}. */
    public static List<String> names(String kind) {
        return new String(bytes("index.md"), ISO_8859_1)
                .lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| name "))
                .map(line -> line.substring(2, line.indexOf(' ', 2)))
                .filter(name -> WireSamples.class.getResource("/wire-samples/" + name + "." + kind) != null)
                .toList();
    }

    /** The bytes of one capture: {@code bytes("get-args", "request.json")}. */
    public static byte[] bytes(String name, String kind) {
        return bytes(name + "." + kind);
    }

    /** HTTP/1 as it came over a socket, taken apart. */
    public record RawHttp(String startLine, Headers headers, byte[] body) {

        /** The nth word of the start line: method, target, version, or version, status. */
        public String word(int index) {
            return startLine.split(" ", -1)[index];
        }
    }

    /** One capture of a socket, taken apart: {@code http("get-args", "client-request.raw")}. */
    public static RawHttp http(String name, String kind) {
        byte[] bytes = bytes(name, kind);
        String text = new String(bytes, ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        List<String> lines = List.of(text.substring(0, end).split("\r\n", -1));
        List<Headers.Field> fields = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            int colon = line.indexOf(':');
            fields.add(new Headers.Field(
                    line.substring(0, colon), line.substring(colon + 1).strip()));
        }
        return new RawHttp(lines.get(0), Headers.of(fields), Arrays.copyOfRange(bytes, end + 4, bytes.length));
    }

    /** The samples in which an upstream was called and answered. */
    public static List<String> answered() {
        List<String> called = names("backend-request.raw");
        return names("response.json").stream()
                .filter(called::contains)
                // here the original says 599: the upstream closed the connection, or did not speak HTTP
                .filter(name -> !name.equals("backend-garbage") && !name.equals("backend-reset"))
                .toList();
    }

    /** What the upstream answered in that sample, as it may have stood on the wire: without chunks. */
    public static byte[] upstreamAnswer(String name) throws MalformedMessageException {
        RequestMessage request = MessageCodec.readRequest(bytes(name, "request.json"));
        ResponseMessage response = MessageCodec.readResponse(bytes(name, "response.json"));
        byte[] body = ((MessageBody.Inline) response.body()).bytes();
        StringBuilder head = new StringBuilder("HTTP/1.1 " + response.statusCode() + " Whatever\r\n");
        for (Headers.Field field : HopByHop.removedFrom(response.headers())) {
            head.append(field.name()).append(": ").append(field.value()).append("\r\n");
        }
        boolean bodiless =
                request.method().equals("HEAD") || response.statusCode() == 204 || response.statusCode() == 304;
        if (!bodiless && !response.headers().contains("Content-Length")) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        byte[] start = head.append("\r\n").toString().getBytes(ISO_8859_1);
        byte[] answer = Arrays.copyOf(start, start.length + body.length);
        System.arraycopy(body, 0, answer, start.length, body.length);
        return answer;
    }

    private static byte[] bytes(String file) {
        try (@Nullable InputStream in = WireSamples.class.getResourceAsStream("/wire-samples/" + file)) {
            if (in == null) {
                throw new IllegalArgumentException("wire-samples: no " + file);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
