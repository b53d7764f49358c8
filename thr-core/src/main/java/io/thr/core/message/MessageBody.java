package io.thr.core.message;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The body of a message: none, in the message itself, or under a key of its own. Threads may share it. */
public sealed interface MessageBody {

    /** No body, or an empty one: the format does not tell them apart. */
    MessageBody NONE = new Inline(new byte[0]);

    /** The bytes given, {@link #NONE} where there are none. The array is not copied and must not be changed. */
    static MessageBody of(byte[] bytes) {
        return bytes.length == 0 ? NONE : new Inline(bytes);
    }

    /**
     * A body that travels in the message, as base64. Two are equal where their bytes are.
     *
     * @param bytes the body itself; not copied, not to be changed
     */
    record Inline(byte[] bytes) implements MessageBody {

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Inline that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        /** How many bytes, not which: a body is nothing for a log. */
        @Override
        public String toString() {
            return "Inline[" + bytes.length + " bytes]";
        }
    }

    /**
     * A body that stands as raw bytes under its own key in Redis. Whether that key may be read is for the reader to say.
     *
     * @param key the key, as {@code body_link} names it: 1 to 512 visible characters
     */
    record Link(String key) implements MessageBody {

        /** Refuses what can be no key of ours. */
        public Link {
            Syntax.visible("body_link", key, 1, 512);
        }
    }
}
