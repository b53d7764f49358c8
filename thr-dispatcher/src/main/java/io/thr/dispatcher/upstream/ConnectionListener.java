package io.thr.dispatcher.upstream;

/** Is told when a request has got a connection, by which its head has been sent. */
@FunctionalInterface
interface ConnectionListener {

    /** For whom nobody asks. */
    ConnectionListener NONE = reused -> {};

    /**
     * The head has been sent.
     *
     * @param reused whether the connection has served a request before
     */
    void connected(boolean reused);
}
