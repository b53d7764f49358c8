package io.thr.core.message;

/**
 * A piece of a body that comes while it is read, or what its reader says to its sender. Frames go between a front and a
 * dispatcher, on the lists that take messages: a message begins with a brace, a frame with the letter of its kind.
 *
 * <pre>
 *   D &lt;request&gt; &lt;stream&gt; &lt;number&gt; LF &lt;bytes&gt;      data: the number-th piece, from 0
 *   E &lt;request&gt; &lt;stream&gt; &lt;number&gt; LF &lt;trailers&gt;   end: as many pieces there were; trailers as NAME: VALUE LF
 *   A &lt;request&gt; &lt;stream&gt; 0 LF &lt;reason&gt;            abort: it broke off, or nobody reads any more
 *   C &lt;request&gt; &lt;stream&gt; &lt;number&gt; LF             credit: so many bytes of it may have been sent in all
 * </pre>
 *
 * <p>{@link FrameCodec} writes and reads them. A piece that comes twice is known by its number, and so is one that is missing. Credit is a sum, so that it does no
 * harm twice. Immutable; the bytes are not copied, and must not change.
 */
public sealed interface Frame {

    /** How long a stream's name can be. */
    int MAX_STREAM_LENGTH = 128;

    /** How much of the sender's data may be on its way before its reader gives credit, in bytes. */
    int WINDOW = 1 << 20;

    /** The request whose body, or whose response's body, it is: 32 hexadecimal digits. */
    String request();

    /** One sending of that body: {@code <inbox>.<number>}; the dispatcher that takes part in it made it. */
    String stream();

    /** A piece. */
    record Data(String request, String stream, long number, byte[] bytes) implements Frame {}

    /** The end, after so many pieces, with the fields that follow the body (RFC 9110 §6.5). */
    record End(String request, String stream, long pieces, Headers trailers) implements Frame {}

    /** The end of what is not whole, or is not wanted; the reason is for a log. */
    record Abort(String request, String stream, String reason) implements Frame {}

    /** So many bytes of data may have been sent in all. */
    record Credit(String request, String stream, long bytes) implements Frame {}
}
