package io.thr.demo.conformance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client on a socket: sends the bytes of a case as they are, and reads strictly what comes back. For one case. */
final class RawClient {

    private static final int PATIENCE_MILLIS = 5_000;

    /** What fits into the buffers of a socket, so that it can be sent before anything is read. */
    private static final int SMALL = 32 * 1024;

    private final Case sent;
    private final Socket socket;
    private final StrictReader reader;
    private final List<Message> interim = new ArrayList<>();
    private final List<Message> finals = new ArrayList<>();

    private RawClient(Case sent, Socket socket) throws IOException {
        this.sent = sent;
        this.socket = socket;
        this.reader = new StrictReader(socket.getInputStream());
    }

    /** Sends the request of that case there. */
    static Reply exchange(Case sent, int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            return new RawClient(sent, socket).exchange();
        }
    }

    private Reply exchange() {
        if (sent.request().length <= SMALL) {
            send();
        } else {
            Thread sender = new Thread(this::send, "sender");
            sender.setDaemon(true);
            sender.start();
        }
        String broken = receive();
        return new Reply(interim, finals, broken, broken == null ? after() : Reply.After.UNKNOWN);
    }

    private void send() {
        try {
            socket.getOutputStream().write(sent.request());
            if (sent.halfCloses()) {
                socket.shutdownOutput();
            }
        } catch (IOException hungUp) {
            // a server may refuse before it has read all; what it says tells
        }
    }

    private @Nullable String receive() {
        try {
            while (finals.size() < sent.responses()) {
                Message response = reader.response(sent.isHead());
                boolean isInterim = response.status() < 200 && response.status() != 101;
                if (!isInterim) {
                    finals.add(response);
                } else if (response.status() != 100) {
                    interim.add(response);
                }
            }
            return null;
        } catch (NotHttpException e) {
            return String.valueOf(e.getMessage());
        } catch (SocketTimeoutException e) {
            return "no response";
        } catch (IOException e) {
            return "the connection was reset";
        }
    }

    private Reply.After after() {
        Message last = finals.get(finals.size() - 1);
        if (last.status() == 101) {
            return Reply.After.UNKNOWN;
        }
        boolean isOver = last.isToClose() || sent.halfCloses();
        try {
            if (isOver) {
                return reader.isAtEnd() ? Reply.After.CLOSED : Reply.After.OUT_OF_STEP;
            }
            socket.getOutputStream()
                    .write(Origin.bytes(
                            "GET " + Origin.PROBE + " HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"));
            Message probed = reader.response(false);
            // An error of the gateway's own is no good, but it is a response to this request and to no other
            boolean isProbed = probed.text().equals("probe") || probed.status() >= 500;
            return isProbed && reader.isAtEnd() ? Reply.After.REUSED : Reply.After.OUT_OF_STEP;
        } catch (NotHttpException e) {
            return "it ends early".equals(e.getMessage()) ? Reply.After.CLOSED : Reply.After.OUT_OF_STEP;
        } catch (SocketTimeoutException e) {
            return Reply.After.LEFT_OPEN;
        } catch (IOException e) {
            return Reply.After.CLOSED;
        }
    }
}
