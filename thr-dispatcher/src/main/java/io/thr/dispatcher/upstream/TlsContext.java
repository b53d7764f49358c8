package io.thr.dispatcher.upstream;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Makes of settings what the client needs for TLS. */
final class TlsContext {

    /** The stores never leave this process, but the JDK wants a password for a key in one. */
    private static final String IN_MEMORY = "in-memory";

    private TlsContext() {}

    /** Reads the files; throws IllegalArgumentException where one does not hold what it should. */
    static SslContextFactory.Client of(TlsSettings settings) {
        SslContextFactory.Client context = new SslContextFactory.Client(!settings.verify());
        context.setEndpointIdentificationAlgorithm(settings.verify() ? "HTTPS" : null);
        // A handshake that fails has failed before the request was looked at
        context.setRenegotiationAllowed(false);
        if (settings.trust() != null) {
            context.setTrustStore(trusting(PemFile.certificates("trust", settings.trust())));
        }
        if (settings.certificate() != null && settings.key() != null) {
            List<X509Certificate> chain = PemFile.certificates("certificate", settings.certificate());
            PrivateKey key =
                    PemFile.privateKey("key", settings.key(), chain.get(0).getPublicKey());
            context.setKeyStore(showing(key, chain));
            context.setKeyStorePassword(IN_MEMORY);
        }
        return context;
    }

    private static KeyStore trusting(List<X509Certificate> certificates) {
        try {
            KeyStore store = empty();
            for (int i = 0; i < certificates.size(); i++) {
                store.setCertificateEntry("trusted-" + i, certificates.get(i));
            }
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("certificates could not be put in a store: " + e, e);
        }
    }

    private static KeyStore showing(PrivateKey key, List<X509Certificate> chain) {
        try {
            KeyStore store = empty();
            store.setKeyEntry("own", key, IN_MEMORY.toCharArray(), chain.toArray(X509Certificate[]::new));
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException("tls: certificate and key could not be used: " + e, e);
        }
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
