package io.thr.demo.conformance;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.hpack.HpackDecoder;
import org.eclipse.jetty.http2.hpack.HpackException;
import org.jspecify.annotations.Nullable;

/**
 * A client of HTTP/2 on a socket, with prior knowledge (RFC 9113 §3.3): sends the frames of a case as they are, malformed ones
 * too. For one case.
 */
final class Http2Client {

    private static final int PATIENCE_MILLIS = 5_000;
    private static final int MAX_FRAME = 16 * 1024;

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int CONTINUATION = 9;

    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;
    private static final int PRIORITY = 0x20;

    private static final int PROTOCOL_ERROR = 1;

    private final Socket socket;
    private final DataInputStream in;
    private final HpackDecoder decoder = new HpackDecoder(128 * 1024, System::nanoTime);
    private final List<Message> interim = new ArrayList<>();

    private Http2Client(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(socket.getInputStream());
    }

    /** Why a stream has no response. */
    private static final class StreamException extends Exception {

        private static final long serialVersionUID = 1L;

        private final boolean isRefusal;

        StreamException(boolean isRefusal, String reason) {
            super(reason, null, false, false);
            this.isRefusal = isRefusal;
        }
    }

    /** Sends that request there. */
    static Reply exchange(Http2Request request, int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            return new Http2Client(socket).exchange(request);
        }
    }

    private Reply exchange(Http2Request request) throws IOException {
        ByteArrayOutputStream preface = new ByteArrayOutputStream();
        preface.writeBytes(Origin.bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        // SETTINGS_INITIAL_WINDOW_SIZE, as large as can be
        preface.writeBytes(frame(SETTINGS, 0, 0, new byte[] {0, 4, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff}));
        socket.getOutputStream().write(preface.toByteArray());
        List<Message> finals = new ArrayList<>();
        String broken = null;
        try {
            send(1, request);
            finals.add(receive(1));
        } catch (StreamException e) {
            broken = refused(e, finals);
        } catch (SocketTimeoutException e) {
            broken = "no response";
        } catch (IOException e) {
            broken = "the connection was reset";
        }
        return new Reply(interim, finals, broken, broken == null ? after() : Reply.After.UNKNOWN);
    }

    /** A malformed request is a stream error, which says the same as a 400 (RFC 9113 §8.1.1). */
    private static @Nullable String refused(StreamException e, List<Message> finals) {
        if (!e.isRefusal) {
            return String.valueOf(e.getMessage());
        }
        finals.add(new Message("HTTP/2 400 by a stream error", Fields.NONE, new byte[0], Fields.NONE, false));
        return null;
    }

    private Reply.After after() {
        try {
            List<Fields.Line> probe = List.of(
                    new Fields.Line(":method", "GET"),
                    new Fields.Line(":scheme", "http"),
                    new Fields.Line(":authority", "a.example"),
                    new Fields.Line(":path", Origin.PROBE));
            send(3, new Http2Request(List.of(new Http2Request.Part.Section(probe))));
            Message probed = receive(3);
            return probed.status() == 200 && probed.text().equals("probe")
                    ? Reply.After.REUSED
                    : Reply.After.OUT_OF_STEP;
        } catch (SocketTimeoutException e) {
            return Reply.After.LEFT_OPEN;
        } catch (StreamException | IOException e) {
            return Reply.After.CLOSED;
        }
    }

    private void send(int stream, Http2Request request) throws IOException {
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        List<Http2Request.Part> parts = request.parts();
        for (int i = 0; i < parts.size(); i++) {
            int end = i == parts.size() - 1 ? END_STREAM : 0;
            if (parts.get(i) instanceof Http2Request.Part.Data data) {
                frames.writeBytes(frame(DATA, end, stream, data.bytes()));
            } else if (parts.get(i) instanceof Http2Request.Part.Section section) {
                sendSection(frames, end, stream, encoded(section.lines()));
            }
        }
        socket.getOutputStream().write(frames.toByteArray());
    }

    private static void sendSection(ByteArrayOutputStream frames, int end, int stream, byte[] block) {
        int sent = 0;
        do {
            int length = Math.min(MAX_FRAME, block.length - sent);
            byte[] fragment = java.util.Arrays.copyOfRange(block, sent, sent + length);
            int last = sent + length == block.length ? END_HEADERS : 0;
            frames.writeBytes(
                    sent == 0
                            ? frame(HEADERS, end | last, stream, fragment)
                            : frame(CONTINUATION, last, stream, fragment));
            sent += length;
        } while (sent < block.length);
    }

    /** Literal fields that are not indexed, in plain characters (RFC 7541 §6.2.2). */
    private static byte[] encoded(List<Fields.Line> lines) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (Fields.Line line : lines) {
            block.write(0);
            string(block, line.name());
            string(block, line.value());
        }
        return block.toByteArray();
    }

    private static void string(ByteArrayOutputStream block, String text) {
        int length = text.length();
        if (length < 127) {
            block.write(length);
        } else {
            block.write(127);
            int rest = length - 127;
            for (; rest >= 128; rest /= 128) {
                block.write(rest % 128 + 128);
            }
            block.write(rest);
        }
        block.writeBytes(Origin.bytes(text));
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** The whole response on that stream. */
    private Message receive(int stream) throws IOException, StreamException {
        Message head = null;
        Fields trailers = Fields.NONE;
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        boolean endsWithSection = false;
        while (true) {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int on = in.readInt();
            byte[] payload = in.readNBytes(length);
            if (payload.length < length) {
                throw new EOFException();
            }
            boolean isEnd = false;
            switch (type) {
                case SETTINGS, PING -> acknowledge(type, flags, payload);
                case GOAWAY -> goAway(payload);
                case RST_STREAM -> reset(on == stream, payload);
                case HEADERS, CONTINUATION -> {
                    endsWithSection = type == HEADERS ? (flags & END_STREAM) != 0 : endsWithSection;
                    block.writeBytes(type == HEADERS ? fragment(flags, payload) : payload);
                    if ((flags & END_HEADERS) != 0) {
                        MetaData section = decoded(block);
                        if (on == stream && head != null) {
                            trailers = fields(section);
                        } else if (on == stream) {
                            head = head(section);
                        }
                        if (head != null && head.status() < 200) {
                            if (head.status() != 100) {
                                interim.add(head);
                            }
                            head = null;
                        }
                        isEnd = endsWithSection;
                    }
                }
                case DATA -> {
                    if (on == stream) {
                        body.writeBytes(content(flags, payload));
                        isEnd = (flags & END_STREAM) != 0;
                    }
                }
                default -> {
                    // WINDOW_UPDATE, PRIORITY, and what nobody knows
                }
            }
            if (isEnd && head != null && on == stream) {
                return new Message(head.start(), head.fields(), body.toByteArray(), trailers, false);
            }
        }
    }

    private void acknowledge(int type, int flags, byte[] payload) throws IOException {
        if ((flags & ACK) == 0) {
            socket.getOutputStream().write(frame(type, ACK, 0, type == PING ? payload : new byte[0]));
        }
    }

    private static void goAway(byte[] payload) throws StreamException {
        int code = ByteBuffer.wrap(payload).getInt(4);
        throw new StreamException(code == PROTOCOL_ERROR, "the connection ended with code " + code);
    }

    private static void reset(boolean isOurs, byte[] payload) throws StreamException {
        int code = ByteBuffer.wrap(payload).getInt();
        if (isOurs && code != 0) {
            throw new StreamException(code == PROTOCOL_ERROR, "the stream was reset with code " + code);
        }
    }

    private static byte[] content(int flags, byte[] payload) {
        if ((flags & PADDED) == 0) {
            return payload;
        }
        return java.util.Arrays.copyOfRange(payload, 1, payload.length - payload[0]);
    }

    private static byte[] fragment(int flags, byte[] payload) {
        byte[] unpadded = content(flags, payload);
        return (flags & PRIORITY) == 0 ? unpadded : java.util.Arrays.copyOfRange(unpadded, 5, unpadded.length);
    }

    private MetaData decoded(ByteArrayOutputStream block) throws StreamException {
        try {
            MetaData section = decoder.decode(ByteBuffer.wrap(block.toByteArray()));
            block.reset();
            return section;
        } catch (HpackException e) {
            throw new StreamException(false, "malformed: " + e.getMessage());
        }
    }

    private static Message head(MetaData section) throws StreamException {
        if (!(section instanceof MetaData.Response response)) {
            throw new StreamException(false, "malformed: no status");
        }
        Fields fields = fields(section);
        // RFC 9113 §8.2.2
        for (String name :
                new String[] {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
            if (fields.has(name)) {
                throw new StreamException(false, "malformed: " + name);
            }
        }
        return new Message("HTTP/2 " + response.getStatus() + " ", fields, new byte[0], Fields.NONE, false);
    }

    private static Fields fields(MetaData section) {
        List<Fields.Line> lines = new ArrayList<>();
        for (HttpField field : section.getHttpFields()) {
            lines.add(new Fields.Line(field.getName(), field.getValue() == null ? "" : field.getValue()));
        }
        return new Fields(lines);
    }
}
