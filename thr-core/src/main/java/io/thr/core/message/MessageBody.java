package io.thr.core.message;

/** The body of a message: none, in the message itself, or under a key of its own. Threads may share it. */
public sealed interface MessageBody {

    /** No body, or an empty one: the format does not tell them apart. */
    MessageBody NONE = new Inline(new byte[0]);

    /** The bytes given, {@link #NONE} where there are none. The array is not copied and must not be changed. */
    static MessageBody of(byte[] bytes) {
        return bytes.length == 0 ? NONE : new Inline(bytes);
    }

    /**
     * A body that travels in the message, as base64.
     *
     * @param bytes the body itself; not copied, not to be changed
     */
    record Inline(byte[] bytes) implements MessageBody {}

    /**
     * A body that stands as raw bytes under its own key in Redis.
     *
     * @param key the key, as {@code body_link} names it
     */
    record Link(String key) implements MessageBody {}
}
