package io.thr.filter.http;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import io.thr.core.match.CidrBlock;
import io.thr.core.match.IpAddress;
import io.thr.filter.config.ForwardedField;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who the client is, told by a table: the field of the proxies, the peer, the header lines, the client. */
class ClientAddressTest {

    private static final List<CidrBlock> TRUSTED = List.of(CidrBlock.parse("10.0.0.0/8"), CidrBlock.parse("fd00::/8"));

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    # a peer that is no proxy is the client, whatever it claims
                    X_FORWARDED_FOR | 192.0.2.1 | X-Forwarded-For: 203.0.113.9                       | 192.0.2.1
                    X_REAL_IP       | 192.0.2.1 | X-Real-Ip: 203.0.113.9                             | 192.0.2.1
                    FORWARDED       | 192.0.2.1 | Forwarded: for=203.0.113.9                         | 192.0.2.1
                    # a trusted proxy is believed, from the right, over trusted hops
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: 203.0.113.9                       | 203.0.113.9
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: 1.1.1.1, 203.0.113.9              | 203.0.113.9
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: 203.0.113.9, 10.2.2.2             | 203.0.113.9
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: 1.1.1.1; X-Forwarded-For: 203.0.113.9 | 203.0.113.9
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: 10.3.3.3, 10.2.2.2                | 10.3.3.3
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: 203.0.113.9:4711                  | 203.0.113.9
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: [2001:db8::1]:4711                | 2001:db8::1
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: 2001:db8::1                       | 2001:db8::1
                    X_FORWARDED_FOR | fd00::1   | X-Forwarded-For: 203.0.113.9                       | 203.0.113.9
                    # what is no address ends the walk: the last that was believed counts
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: 1.1.1.1, unknown                  | 10.0.0.1
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: 1.1.1.1, evil, 10.2.2.2           | 10.2.2.2
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For:                                   | 10.0.0.1
                    # each of the three fields is believed where the proxies write it, and then alone
                    FORWARDED       | 10.0.0.1  | Forwarded: for=203.0.113.9; X-Forwarded-For: 1.1.1.1 | 203.0.113.9
                    FORWARDED       | 10.0.0.1  | Forwarded: by=x, For="[2001:db8::2]:80"            | 2001:db8::2
                    FORWARDED       | 10.0.0.1  | Forwarded: for=_hidden                             | 10.0.0.1
                    X_REAL_IP       | 10.0.0.1  | X-Real-Ip: 203.0.113.9                             | 203.0.113.9
                    X_FORWARDED_FOR | 10.0.0.1  | X-Forwarded-For: 203.0.113.9; X-Real-Ip: 1.1.1.1   | 203.0.113.9
                    X_REAL_IP       | 10.0.0.1  | X-Forwarded-For: 1.1.1.1; X-Real-Ip: 203.0.113.9   | 203.0.113.9
                    X_FORWARDED_FOR | 10.0.0.1  | Forwarded: for=1.1.1.1; X-Forwarded-For: 203.0.113.9 | 203.0.113.9
                    X_FORWARDED_FOR | 10.0.0.1  | Forwarded: for=1.1.1.1                             | 10.0.0.1
                    FORWARDED       | 10.0.0.1  | X-Forwarded-For: 1.1.1.1                           | 10.0.0.1
                    X_FORWARDED_FOR | 10.0.0.1  | X-Real-Ip: 1.1.1.1                                 | 10.0.0.1
                    X_FORWARDED_FOR | 10.0.0.1  | Accept: */*                                        | 10.0.0.1
                    """)
    void the_client_is_found(ForwardedField field, String peer, String lines, String client) {
        assertThat(new ClientAddress(TRUSTED, field).of(IpAddress.of(peer), request(lines)), is(IpAddress.of(client)));
    }

    /** A request that has these header lines and nothing else. */
    private static HttpServletRequest request(String lines) {
        List<String[]> fields = new ArrayList<>();
        for (String line : lines.split(";(?= ?X-)", -1)) {
            int colon = line.indexOf(':');
            fields.add(new String[] {
                line.substring(0, colon).strip(), line.substring(colon + 1).strip()
            });
        }
        return (HttpServletRequest) Proxy.newProxyInstance(
                ClientAddressTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) -> {
                    List<String> values = fields.stream()
                            .filter(field -> field[0].equalsIgnoreCase((String) arguments[0]))
                            .map(field -> field[1])
                            .toList();
                    return switch (method.getName()) {
                        case "getHeaders" -> Collections.enumeration(values);
                        case "getHeader" -> values.isEmpty() ? null : values.get(0);
                        default -> throw new IllegalStateException(method.getName());
                    };
                });
    }
}
