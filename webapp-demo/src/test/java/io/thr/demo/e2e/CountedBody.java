package io.thr.demo.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A body in which each eight bytes tell where they stand, so that none can be missing, come twice or stand elsewhere
 * without being noticed.
 *
 * @param size in bytes, whole blocks of 64 KiB
 */
record CountedBody(long size) {

    private static final int BLOCK = 64 * 1024;

    /** Told how much has been read, now and then. */
    interface Progress {

        void at(long bytes) throws IOException;
    }

    /** Writes all of it. */
    void writeTo(OutputStream out) throws IOException {
        for (long at = 0; at < size; at += BLOCK) {
            out.write(block(at));
        }
    }

    /**
     * Reads it.
     *
     * @return how much of it came before the end
     * @throws AssertionError at the first block that is another
     */
    long readFrom(InputStream in, Progress progress) throws IOException {
        byte[] block = new byte[BLOCK];
        for (long at = 0; at < size; at += BLOCK) {
            int length = in.readNBytes(block, 0, BLOCK);
            if (!Arrays.equals(block, 0, length, block(at), 0, length)) {
                throw new AssertionError("another block at " + at);
            }
            if (length < BLOCK) {
                return at + length;
            }
            progress.at(at + BLOCK);
        }
        return size;
    }

    private static byte[] block(long at) {
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        while (block.hasRemaining()) {
            // spread over all bytes, as the numbers themselves are mostly zeros
            block.putLong((at + block.position()) * 0x9E3779B97F4A7C15L);
        }
        return block.array();
    }
}
