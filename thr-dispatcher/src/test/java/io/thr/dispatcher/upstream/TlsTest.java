package io.thr.dispatcher.upstream;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.instanceOf;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Logged;
import io.thr.core.message.Headers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Upstreams with TLS: real Jetty servers, and certificates made for the occasion. */
class TlsTest {

    @TempDir
    private static Path directory = Path.of("");

    private static TestCertificates certificates = new TestCertificates(directory);

    private final Upstreams upstreams = Upstreams.start(64, 1 << 20, InstantSource.system());
    private final List<SecureUpstream> servers = new ArrayList<>();

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificates = new TestCertificates(directory);
        certificates.make("local", "RSA", "DNS:localhost,IP:127.0.0.1");
        certificates.make("other", "EC", "DNS:other.example");
        certificates.make("client", "EC", "DNS:client.example");
    }

    @AfterEach
    void close() throws Exception {
        for (SecureUpstream server : servers) {
            server.close();
        }
        upstreams.close();
    }

    @Test
    void trusted_server_is_called_by_its_name_and_by_its_address() throws Exception {
        SecureUpstream server = start("local", null);
        TlsSettings tls = TlsSettings.DEFAULT.withTrust(certificates.certificate("local"));
        for (String host : List.of("localhost", "127.0.0.1")) {
            UpstreamResponse response = given(call(server.at(host).withTls(tls)));
            assertThat(response.headers().first("Seen-Host"), is(host + ":" + server.port()));
            assertThat(response.headers().first("Seen-Protocol"), is("HTTP/1.1"));
            assertThat(response.headers().first("Seen-Scheme"), is("https"));
        }
    }

    @Test
    void certificate_that_nobody_trusts_is_refused_and_the_log_says_why() throws Exception {
        SecureUpstream server = start("local", null);
        List<String> log = refused(server.at("localhost"));
        assertThat(
                log,
                hasItem(allOf(
                        startsWith("WARNING upstream https://localhost:"), containsString("certification path"))));
        assertThat(server.requests(), is(0));
    }

    @Test
    void certificate_for_another_name_is_refused_and_the_log_says_why() throws Exception {
        SecureUpstream server = start("other", null);
        List<String> log = refused(
                server.at("localhost").withTls(TlsSettings.DEFAULT.withTrust(certificates.certificate("other"))));
        assertThat(log, hasItem(containsString("No subject alternative DNS name matching localhost found")));
        assertThat(server.requests(), is(0));
    }

    @Test
    void nothing_is_verified_where_that_is_wanted_and_the_log_says_so() throws Exception {
        SecureUpstream server = start("other", null);
        ServerSettings anybody = server.at("localhost").withTls(new TlsSettings(null, null, null, false));
        List<String> log = Logged.by(Upstreams.class, () -> given(call(anybody)));
        assertThat(log, hasItem(containsString("is not verified")));
    }

    @Test
    void clients_certificate_reaches_the_server() throws Exception {
        SecureUpstream server = start("local", "client");
        TlsSettings tls = TlsSettings.DEFAULT
                .withTrust(certificates.certificate("local"))
                .withCertificate(certificates.certificate("client"), certificates.key("client"));
        UpstreamResponse response = given(call(server.at("localhost").withTls(tls)));
        assertThat(response.headers().first("Seen-Certificate"), is("CN=client"));
    }

    @Test
    void server_that_wants_a_certificate_refuses_one_without() throws Exception {
        SecureUpstream server = start("local", "client");
        TlsSettings tls = TlsSettings.DEFAULT.withTrust(certificates.certificate("local"));
        List<String> log = Logged.by(UpstreamServer.class, () -> {
            UpstreamResult result = call(server.at("localhost").withTls(tls));
            assertThat(result, is(instanceOf(UpstreamFailure.class)));
        });
        assertThat(log, hasItem(anyOf(containsString("bad_certificate"), containsString("certificate_required"))));
        assertThat(server.requests(), is(0));
    }

    @Test
    void plain_request_to_a_server_with_tls_is_broken_and_the_reverse_not_connected() throws Exception {
        SecureUpstream server = start("local", null);
        UpstreamFailure plain = (UpstreamFailure) call(ServerSettings.of("http://localhost:" + server.port()));
        assertThat(plain.kind(), is(UpstreamFailure.Kind.BROKEN));
    }

    @Test
    void files_that_do_not_fit_are_named() throws Exception {
        Path none = directory.resolve("none.pem");
        Path text = Files.writeString(directory.resolve("text.pem"), "no certificate\n");
        assertThat(problem(TlsSettings.DEFAULT.withTrust(none)), is("trust: " + none + ": no such file"));
        assertThat(problem(TlsSettings.DEFAULT.withTrust(text)), startsWith("trust: " + text + ": "));
        Path certificate = certificates.certificate("client");
        Path othersKey = certificates.key("other");
        assertThat(
                problem(TlsSettings.DEFAULT.withCertificate(certificate, othersKey)),
                is("key: " + othersKey + ": is not the key of the certificate"));
        assertThat(
                problem(TlsSettings.DEFAULT.withCertificate(certificate, certificates.key("local"))),
                containsString("cannot be read as the certificate's EC key"));
        Path legacy = Files.writeString(
                directory.resolve("legacy.pem"), Files.readString(othersKey).replace("PRIVATE KEY", "EC PRIVATE KEY"));
        assertThat(
                problem(TlsSettings.DEFAULT.withCertificate(certificate, legacy)),
                containsString("openssl pkcs8 -topk8 -nodes"));
    }

    @Test
    void settings_that_contradict_each_other_are_refused() {
        Path file = Path.of("a.pem");
        assertThrows(IllegalArgumentException.class, () -> new TlsSettings(null, file, null, true));
        assertThrows(IllegalArgumentException.class, () -> new TlsSettings(null, null, file, true));
        assertThrows(IllegalArgumentException.class, () -> new TlsSettings(file, null, null, false));
    }

    private SecureUpstream start(String certificate, @Nullable String wantedClient) throws Exception {
        SecureUpstream server = SecureUpstream.start(
                certificates.load(certificate), wantedClient == null ? null : certificates.load(wantedClient), false);
        servers.add(server);
        return server;
    }

    private List<String> refused(ServerSettings server) {
        return Logged.by(UpstreamServer.class, () -> {
            UpstreamFailure failure = (UpstreamFailure) call(server);
            assertThat(failure.kind(), is(UpstreamFailure.Kind.NOT_CONNECTED));
            assertThat(failure.detail(), is("no connection to the upstream could be opened"));
        });
    }

    private UpstreamResult call(ServerSettings server) {
        UpstreamRequest request =
                new UpstreamRequest(server.address(), "GET", "/", Headers.EMPTY, new byte[0], Instant.MAX);
        return upstreams
                .upstream(UpstreamSettings.of(server), Duration.ofSeconds(20), 10)
                .call(request)
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private static UpstreamResponse given(UpstreamResult result) {
        assertThat(result, is(instanceOf(UpstreamResponse.class)));
        return (UpstreamResponse) result;
    }

    private static String problem(TlsSettings settings) {
        return String.valueOf(
                assertThrows(IllegalArgumentException.class, settings::check).getMessage());
    }
}
