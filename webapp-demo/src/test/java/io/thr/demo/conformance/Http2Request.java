package io.thr.demo.conformance;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A request as HTTP/2 has it.
 *
 * @param parts its header section, its content, its trailers, in the order in which they are sent
 */
record Http2Request(List<Part> parts) {

    /** What goes in one frame. */
    sealed interface Part {

        /** HEADERS: the header section, or the trailers. */
        record Section(List<Fields.Line> lines) implements Part {}

        /** DATA. */
        record Data(byte[] bytes) implements Part {}
    }

    /** The same request in HTTP/1.1 (RFC 9113 §8.1, §8.2.3), for the way that speaks nothing else. */
    byte[] inHttp1() {
        Part.Section head = (Part.Section) parts.get(0);
        StringBuilder start = new StringBuilder();
        start.append(pseudo(head, ":method"))
                .append(' ')
                .append(pseudo(head, ":path"))
                .append(" HTTP/1.1\r\n");
        Fields fields = new Fields(head.lines());
        start.append("Host: ")
                .append(pseudo(head, fields.has(":authority") ? ":authority" : "host"))
                .append("\r\n");
        List<String> cookies = fields.all("cookie");
        if (!cookies.isEmpty()) {
            start.append("cookie: ").append(String.join("; ", cookies)).append("\r\n");
        }
        for (Fields.Line line : head.lines()) {
            boolean isOther = !line.name().startsWith(":") && !line.isNamed("cookie") && !line.isNamed("host");
            if (isOther && !line.isNamed("content-length")) {
                start.append(line.name()).append(": ").append(line.value()).append("\r\n");
            }
        }
        return withContent(start);
    }

    private byte[] withContent(StringBuilder start) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        List<Fields.Line> trailers = new ArrayList<>();
        for (Part part : parts.subList(1, parts.size())) {
            if (part instanceof Part.Data data) {
                content.writeBytes(data.bytes());
            } else if (part instanceof Part.Section section) {
                trailers.addAll(section.lines());
            }
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        if (trailers.isEmpty()) {
            start.append(content.size() == 0 ? "" : "Content-Length: " + content.size() + "\r\n")
                    .append("\r\n");
            all.writeBytes(Origin.bytes(start.toString()));
            all.writeBytes(content.toByteArray());
            return all.toByteArray();
        }
        start.append("Transfer-Encoding: chunked\r\n\r\n")
                .append(Integer.toHexString(content.size()))
                .append("\r\n");
        all.writeBytes(Origin.bytes(start.toString()));
        all.writeBytes(content.toByteArray());
        all.writeBytes(Origin.bytes("\r\n0\r\n"));
        trailers.forEach(line -> all.writeBytes(Origin.bytes(line.name() + ": " + line.value() + "\r\n")));
        all.writeBytes(Origin.bytes("\r\n"));
        return all.toByteArray();
    }

    private static String pseudo(Part.Section head, String name) {
        return new Fields(head.lines()).all(name).get(0);
    }
}
