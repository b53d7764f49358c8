package io.thr.demo.conformance;

/** What came is not what the RFCs allow. */
final class NotHttpException extends Exception {

    private static final long serialVersionUID = 1L;

    private final int status;

    /** With the status that a server answers such a request with. */
    NotHttpException(int status, String reason) {
        super(reason, null, false, false);
        this.status = status;
    }

    int status() {
        return status;
    }
}
