package io.thr.demo;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** What a front that was killed leaves behind: the file of its unix-domain socket, where nobody listens. */
final class StaleSocket {

    private StaleSocket() {}

    /**
     * Removes it, if it is that.
     *
     * @throws IOException where there is something else
     */
    static void remove(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        if (!Files.readAttributes(path, BasicFileAttributes.class).isOther()) {
            throw new IOException("--unix-socket " + path + ": there is a file (expected: nothing, or a socket)");
        }
        try (SocketChannel listener = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new IOException("--unix-socket " + path + ": another program listens there (" + listener + ")");
        } catch (ConnectException nobody) {
            Files.delete(path);
        }
    }
}
