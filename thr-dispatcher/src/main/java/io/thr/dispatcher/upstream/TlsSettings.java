package io.thr.dispatcher.upstream;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a server with TLS is trusted, and how this dispatcher shows who it is. All files are PEM. They are read at the
 * start.
 *
 * @param trust certificates of which one must have signed the server's, or be it; null: those that the JDK trusts
 * @param certificate this dispatcher's own certificate, and those that lead to its root; null: it has none
 * @param key the key of that certificate, PKCS #8, not encrypted; there where the certificate is
 * @param verify whether the server's certificate and its name are verified; {@code false} lets anybody in between read
 *     and change everything
 */
public record TlsSettings(
        @Nullable Path trust,
        @Nullable Path certificate,
        @Nullable Path key,
        boolean verify) {

    /** What the JDK trusts, verified, and no certificate of one's own. */
    public static final TlsSettings DEFAULT = new TlsSettings(null, null, null, true);

    /** Checks the parts; the files are not read. */
    public TlsSettings {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException(
                    "tls: " + (key == null ? "certificate without key" : "key without certificate")
                            + " (expected: both or neither)");
        }
        if (trust != null && !verify) {
            throw new IllegalArgumentException("tls: trust with `verify: false` (expected: one of them)");
        }
    }

    /** The same, trusting the certificates in that file. */
    public TlsSettings withTrust(Path trust) {
        return new TlsSettings(trust, certificate, key, verify);
    }

    /** The same, with a certificate of one's own and its key. */
    public TlsSettings withCertificate(Path certificate, Path key) {
        return new TlsSettings(trust, certificate, key, verify);
    }

    /**
     * Reads the files, and looks whether they hold what they should.
     *
     * @throws IllegalArgumentException where they do not
     */
    public void check() {
        var unused = TlsContext.of(this);
    }
}
