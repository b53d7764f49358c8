package io.thr.core.body;

import java.util.concurrent.CompletableFuture;

/** A body of which the beginning has been read: gives that, and then what its source gives. */
public final class BeganSource implements BodySource {

    private final BodySource rest;
    private byte[] beginning;

    /** With the beginning and the source of what follows it. */
    public BeganSource(byte[] beginning, BodySource rest) {
        this.beginning = beginning;
        this.rest = rest;
    }

    @Override
    public CompletableFuture<Piece> next() {
        byte[] bytes = beginning;
        if (bytes.length == 0) {
            return rest.next();
        }
        beginning = new byte[0];
        return CompletableFuture.completedFuture(new Piece.Data(bytes));
    }

    @Override
    public void cancel() {
        rest.cancel();
    }
}
