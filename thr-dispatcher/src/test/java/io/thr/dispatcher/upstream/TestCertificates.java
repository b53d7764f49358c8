package io.thr.dispatcher.upstream;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/** Self-signed certificates with their keys, made by the JDK's keytool: as a store for a server, and as PEM files. */
final class TestCertificates {

    static final String PASSWORD = "changeit";

    private final Path directory;

    TestCertificates(Path directory) {
        this.directory = directory;
    }

    /** Makes one, for that name as its owner and with that {@code SubjectAltName}, as keytool writes it. */
    void make(String name, String algorithm, String names) throws Exception {
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        algorithm,
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "SAN=" + names,
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        store(name).toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (keytool.waitFor() != 0) {
            throw new IllegalStateException("keytool: " + said);
        }
        KeyStore store = load(name);
        pem(certificate(name), "CERTIFICATE", store.getCertificate(name).getEncoded());
        pem(key(name), "PRIVATE KEY", store.getKey(name, PASSWORD.toCharArray()).getEncoded());
    }

    /** The PKCS #12 store. */
    Path store(String name) {
        return directory.resolve(name + ".p12");
    }

    /** The certificate as PEM. */
    Path certificate(String name) {
        return directory.resolve(name + ".pem");
    }

    /** The key as PEM. */
    Path key(String name) {
        return directory.resolve(name + "-key.pem");
    }

    KeyStore load(String name) throws GeneralSecurityException, IOException {
        return KeyStore.getInstance(store(name).toFile(), PASSWORD.toCharArray());
    }

    private static void pem(Path file, String what, byte[] encoded) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n");
    }
}
