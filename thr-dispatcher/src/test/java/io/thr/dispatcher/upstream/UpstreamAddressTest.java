package io.thr.dispatcher.upstream;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamAddressTest {

    @ParameterizedTest
    @CsvSource({
        "http://a:1, http://a:1, a:1",
        "HTTP://My_Service, http://my_service:80, my_service:80",
        "https://b:8443/, https://b:8443, b:8443",
        "https://b, https://b:443, b",
        "http://[::1]:8080, http://[::1]:8080, '[::1]:8080'",
        "unix:/run/a.sock, unix:/run/a.sock, localhost:80",
        "unix:///run/a.sock, unix:/run/a.sock, localhost:80"
    })
    void url_is_read_and_shown(String url, String shown, String host) {
        UpstreamAddress address = UpstreamAddress.parse(url);
        assertThat(address.toString(), is(shown));
        assertThat(address.hostField(), is(host));
        assertThat(UpstreamAddress.parse(address.toString()), is(address));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a:1",
                "ftp://a",
                "http://",
                "http://a:0",
                "http://a:65536",
                "http://a:123456",
                "http://a/path",
                "http://a?q",
                "http://user@a",
                "http://a b",
                "unix:relative",
                "https://[::1",
                "http://a:1\n"
            })
    void anything_else_is_refused_with_what_was_expected(String url) {
        String message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> UpstreamAddress.parse(url))
                .getMessage());
        assertThat(message, containsString(url));
        assertThat(message, containsString("(expected: "));
    }
}
