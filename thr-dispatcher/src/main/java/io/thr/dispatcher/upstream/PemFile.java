package io.thr.dispatcher.upstream;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads certificates and keys from PEM files (RFC 7468). What is wrong is told by the setting's name and the file's. */
final class PemFile {

    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([^-]*)-----END \\1-----");

    private static final String PKCS8 = "PRIVATE KEY";

    private PemFile() {}

    /** All certificates of the file, in its order; at least one. */
    static List<X509Certificate> certificates(String setting, Path file) {
        byte[] bytes = read(setting, file);
        try {
            List<X509Certificate> certificates =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(bytes))
                            .stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (certificates.isEmpty()) {
                throw wrong(setting, file, "has no certificate (expected: `-----BEGIN CERTIFICATE-----`)");
            }
            return certificates;
        } catch (CertificateException e) {
            throw wrong(setting, file, "cannot be read as PEM certificates: " + e.getMessage());
        }
    }

    /** The key of the file, which must belong to that public key. */
    static PrivateKey privateKey(String setting, Path file, PublicKey publicKey) {
        Matcher pem = PRIVATE_KEY.matcher(new String(read(setting, file), StandardCharsets.ISO_8859_1));
        if (!pem.find() || !pem.group(1).equals(PKCS8)) {
            throw wrong(
                    setting,
                    file,
                    "has no plain PKCS #8 key (expected: `-----BEGIN PRIVATE KEY-----`, as"
                            + " `openssl pkcs8 -topk8 -nodes` writes it)");
        }
        PrivateKey key;
        boolean fits;
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(pem.group(2));
            key = KeyFactory.getInstance(publicKey.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            fits = belongTogether(key, publicKey);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw wrong(
                    setting, file, "cannot be read as the certificate's " + publicKey.getAlgorithm() + " key: " + e);
        }
        if (!fits) {
            throw wrong(setting, file, "is not the key of the certificate");
        }
        return key;
    }

    private static boolean belongTogether(PrivateKey key, PublicKey publicKey) throws GeneralSecurityException {
        String algorithm = publicKey.getAlgorithm();
        Signature signature = Signature.getInstance(
                switch (algorithm) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> algorithm;
                });
        byte[] text = {1};
        signature.initSign(key);
        signature.update(text);
        byte[] signed = signature.sign();
        signature.initVerify(publicKey);
        signature.update(text);
        return signature.verify(signed);
    }

    private static byte[] read(String setting, Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw wrong(setting, file, "no such file");
        } catch (IOException e) {
            throw wrong(setting, file, "cannot be read: " + e);
        }
    }

    private static IllegalArgumentException wrong(String setting, Path file, String what) {
        return new IllegalArgumentException(setting + ": " + file + ": " + what);
    }
}
