package io.thr.core.match;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.thr.core.Choices;
import io.thr.core.Tries;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1,                 10.0.0.1",
        "255.255.255.255,          255.255.255.255",
        "0.0.0.0,                  0.0.0.0",
        "::ffff:10.0.0.1,          10.0.0.1",
        "::FFFF:0A00:0001,         10.0.0.1",
        "0:0:0:0:0:ffff:1.2.3.4,   1.2.3.4",
        "::,                       ::",
        "::1,                      ::1",
        "1::,                      1::",
        "2001:DB8:0:0:1:0:0:1,     2001:db8::1:0:0:1",
        "2001:db8::1:1:1:1:1,      2001:db8:0:1:1:1:1:1",
        "2001:0db8:0:0:0:0:2:1,    2001:db8::2:1",
        "1:0:0:2:0:0:0:3,          1:0:0:2::3",
        "fe80::1%eth0,             fe80::1",
        "[::1],                    ::1",
        "::1.2.3.4,                ::102:304",
        "64:ff9b::1.2.3.4,         64:ff9b::102:304",
        "1:2:3:4:5:6:7:8,          1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::,          1:2:3:4:5:6:7:0",
        "::2:3:4:5:6:7:8,          0:2:3:4:5:6:7:8",
    })
    void an_address_has_one_text(String text, String canonical) {
        assertThat(IpAddress.of(text).toString(), is(canonical));
        assertThat(IpAddress.of(canonical), is(IpAddress.of(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a",
                "localhost",
                "10.0.0",
                "10.0.0.0.1",
                "10.0.0.256",
                "10.0.0.01",
                "10..0.1",
                "10.0.0.1.",
                "+1.0.0.1",
                "1.2.3.x",
                "0x1.2.3.4",
                ":",
                ":::",
                "1::2::3",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::",
                "::1:2:3:4:5:6:7:8",
                "12345::",
                "g::",
                "::1.2.3",
                "1.2.3.4::",
                "1:2:3:4:5:6:7:1.2.3.4",
                "::1.2.3.4:5",
                "[10.0.0.1]",
                "[::1",
                "::1]",
                "1:",
                ":1",
                "10.0.0.1/8",
                "/run/x.sock",
                "::-1",
                "١.1.1.1",
                "１::"
            })
    void what_is_no_address_is_none(String text) {
        assertThat(IpAddress.parse(text), is(Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({
        "2001:db8:0:1:2:3:4:5,     64, 2001:db8:0:1::/64",
        "2001:db8:0:1::,           64, 2001:db8:0:1::/64",
        "2001:db8:0:1::,           63, 2001:db8::/63",
        "2001:db8:ffff:ffff::1,    48, 2001:db8:ffff::/48",
        "2001:db8:ffff:ffff::1,    56, 2001:db8:ffff:ff00::/56",
        "2001:db8::ffff:0:0:1,     65, 2001:db8:0:0:8000::/65",
        "2001:db8::5:6:7:8,        96, 2001:db8::5:6:0:0/96",
        "2001:db8::7,             127, 2001:db8::6/127",
        "2001:db8::7,             128, 2001:db8::7/128",
        "fe80::1%eth0,             64, fe80::/64",
        "::1,                      64, ::/64",
        "::1,                     128, ::1/128",
        "::10.0.0.1,               96, ::/96",
        "::fffe:10.0.0.1,          96, ::fffe:0:0/96",
        "2001:db8::1,               0, ::/0",
        "10.1.2.3,                 64, 10.1.2.3",
        "10.1.2.3,                 48, 10.1.2.3",
        "10.1.2.3,                128, 10.1.2.3",
        "::ffff:10.1.2.3,          64, 10.1.2.3",
    })
    void an_ipv6_address_counts_as_its_network_and_an_ipv4_address_as_itself(
            String address, int prefix, String network) {
        assertThat(IpAddress.of(address).network(prefix), is(network));
    }

    @Test
    void bits_before_the_prefix_length_count_and_those_behind_do_not() {
        Tries.check(2_000, OneBitApart::any, pair -> {
            boolean same = pair.one.network(pair.prefix).equals(pair.other.network(pair.prefix));
            assertThat(same, is(pair.bit >= pair.prefix && !pair.one.isIpv4() && !pair.other.isIpv4()));
        });
    }

    /** Two addresses that differ in one bit, the first being 0. */
    private record OneBitApart(IpAddress one, IpAddress other, int bit, int prefix) {

        static OneBitApart any(Choices choices) {
            ByteBuffer halves = ByteBuffer.wrap(anyAddress(choices));
            IpAddress one = new IpAddress(halves.getLong(), halves.getLong());
            int bit = choices.index(128);
            long mask = 1L << (63 - bit % 64);
            IpAddress other = bit < 64
                    ? new IpAddress(one.high() ^ mask, one.low())
                    : new IpAddress(one.high(), one.low() ^ mask);
            return new OneBitApart(one, other, bit, choices.between(0, 128));
        }
    }

    @Test
    void a_network_has_a_prefix_length_that_there_is() {
        assertThat(
                assertThrows(
                                IllegalArgumentException.class,
                                () -> IpAddress.of("2001:db8::1").network(129))
                        .getMessage(),
                is("block: 2001:db8::1/129 (expected: a prefix length from 0 to 128)"));
    }

    @Test
    void agrees_with_the_jdk() {
        Tries.check(1_000, IpAddressTest::anyAddress, bytes -> {
            ByteBuffer halves = ByteBuffer.wrap(bytes);
            assertThat(
                    IpAddress.of(InetAddress.getByAddress(bytes).getHostAddress()),
                    is(new IpAddress(halves.getLong(), halves.getLong())));
        });
    }

    @Test
    void never_fails_but_by_finding_nothing() {
        Tries.check(
                2_000,
                choices -> choices.oneIn(2)
                        ? choices.anyText(0, 255, 10_000)
                        : choices.text("1:0.2:5f.::A%[]/\u0661\uff11", 0, 30, 10_000),
                text -> IpAddress.parse(text)
                        .ifPresent(address -> assertThat(IpAddress.of(address.toString()), is(address))));
    }

    /** 128 bits, often with runs of zeros, which have a spelling of their own, or those of an IPv4 address. */
    private static byte[] anyAddress(Choices choices) {
        byte[] bytes = choices.bytes(16, 16, 16);
        if (choices.oneIn(8)) {
            Arrays.fill(bytes, 0, 10, (byte) 0);
            Arrays.fill(bytes, 10, 12, (byte) 0xFF);
        } else if (choices.oneIn(2)) {
            int start = choices.index(16);
            Arrays.fill(bytes, start, start + choices.index(17 - start), (byte) 0);
        }
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8,        10.255.0.1,       true",
        "10.0.0.0/8,        11.0.0.0,         false",
        "10.0.0.0/8,        ::ffff:10.1.1.1,  true",
        "::ffff:10.0.0.0/104, 10.1.1.1,       true",
        "10.0.0.1,          10.0.0.1,         true",
        "10.0.0.1,          10.0.0.2,         false",
        "0.0.0.0/0,         1.2.3.4,          true",
        "0.0.0.0/0,         ::1,              false",
        "::/0,              ::1,              true",
        "::/0,              1.2.3.4,          false",
        "fd00::/8,          fdff::1,          true",
        "fd00::/8,          fe00::1,          false",
        "2001:db8::/64,     2001:db8::ffff:1, true",
        "2001:db8::/64,     2001:db8:0:1::,   false",
        "2001:db8::8/125,   2001:db8::f,      true",
        "2001:db8::8/125,   2001:db8::10,     false",
        "192.168.1.128/25,  192.168.1.127,    false",
        "192.168.1.128/25,  192.168.1.255,    true",
    })
    void a_block_holds_the_addresses_of_its_prefix(String block, String address, boolean held) {
        assertThat(CidrBlock.parse(block).contains(IpAddress.of(address)), is(held));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.1/8  | block: 10.0.0.1/8 (expected: 10.0.0.0/8, or 10.0.0.1 for that address alone)",
                "10.0.0.0/33 | block: 10.0.0.0/33 (expected: a prefix length from 0 to 32)",
                "fd00::/129  | block: fd00::/129 (expected: a prefix length from 0 to 128)",
                "10.0.0.0/x  | block: 10.0.0.0/x (expected: an address or a block, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8)",
                "example.com | block: example.com (expected: an address or a block, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8)",
            })
    void a_wrong_block_is_refused_with_what_was_expected(String block, String message) {
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> CidrBlock.parse(block))
                        .getMessage(),
                is(message));
    }
}
