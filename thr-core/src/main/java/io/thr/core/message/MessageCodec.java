package io.thr.core.message;

/** Writes and reads messages. */
public final class MessageCodec {

    private MessageCodec() {}

    /** The message as the bytes that go on a list. */
    public static byte[] write(RequestMessage message) {
        throw new IllegalStateException("to be written");
    }

    /** The message as the bytes that go on a list. */
    public static byte[] write(ResponseMessage message) {
        throw new IllegalStateException("to be written");
    }

    /** Reads a request. */
    public static RequestMessage readRequest(byte[] bytes) throws MalformedMessageException {
        throw new MalformedMessageException("to be written", null, null);
    }

    /** Reads a response. */
    public static ResponseMessage readResponse(byte[] bytes) throws MalformedMessageException {
        throw new MalformedMessageException("to be written", null, null);
    }
}
