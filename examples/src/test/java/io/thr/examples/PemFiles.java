package io.thr.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Objects;

/** A certificate and its key, made by the JDK's keytool, under the names that the documentation gives to such files. */
final class PemFiles {

    static final String TRUST = "ca.pem";
    static final String CERTIFICATE = "client.pem";
    static final String KEY = "client-key.pem";

    private static final String PASSWORD = "changeit";

    private PemFiles() {}

    /** Writes them into that directory. */
    static void write(Path directory) throws Exception {
        Path file = directory.resolve("store.p12");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        String arguments = "-genkeypair -alias one -keyalg EC -dname CN=one -storetype PKCS12 -storepass " + PASSWORD;
        ProcessBuilder making = new ProcessBuilder((keytool + " " + arguments + " -keystore").split(" ", -1));
        making.command().add(file.toString());
        Process process = making.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("keytool: " + said);
        }
        KeyStore store = KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
        byte[] certificate = store.getCertificate("one").getEncoded();
        byte[] key = Objects.requireNonNull(
                store.getKey("one", PASSWORD.toCharArray()).getEncoded());
        write(directory.resolve(TRUST), "CERTIFICATE", certificate);
        write(directory.resolve(CERTIFICATE), "CERTIFICATE", certificate);
        write(directory.resolve(KEY), "PRIVATE KEY", key);
    }

    private static void write(Path file, String what, byte[] encoded) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n");
    }
}
