package io.thr.core.match;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.sameInstance;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalPathTest {

    @ParameterizedTest
    @CsvSource({
        "/a%20b,             /a b",
        "/%61%62,            /ab",
        "/a+b,               /a+b",
        "/%c3%a9,            /é",
        "/%C3%A9,            /é",
        "/%e2%82%ac,         /€",
        "/%f0%9f%98%80,      /😀",
        "/a%25b,             /a%b",
        "/%252e%252e/a,      /%2e%2e/a",
        "/a%252fb,           /a%2fb",
        "/a%3fb,             /a?b",
        "/a%23b,             /a#b",
        "/a%3bv=1,           /a;v=1",
        "/a;v=1,             /a",
        "/a;v=1/b,           /a/b",
        "/a;v=1;w=2/b;x,     /a/b",
        "/a;,                /a",
        "/;v=1,              /",
        "/a/;v=1,            /a/",
        "/a/;v=1/b,          /a/b",
        "/a;%20/b,           /a/b",
        "//,                 /",
        "///,                /",
        "//a,                /a",
        "/a//b,              /a/b",
        "/a///b//,           /a/b/",
        "/.,                 /",
        "/./,                /",
        "/./a,               /a",
        "/a/.,               /a/",
        "/a/./b,             /a/b",
        "/a/..,              /",
        "/a/../,             /",
        "/a/../b,            /b",
        "/a/b/..,            /a/",
        "/a/b/../c,          /a/c",
        "/a/b/../../c,       /c",
        "/a/./../b,          /b",
        "/a//b/../c,         /a/c",
        "/...,               /...",
        "/..a,               /..a",
        "/a..,               /a..",
        "/.well-known/x,     /.well-known/x",
        "/.git,              /.git",
        "/a%2eb,             /a.b",
        "/%2ehidden,         /.hidden",
        "/%2e%2e%2e,         /...",
        "/a/b%2e,            /a/b.",
    })
    void a_path_has_one_canonical_form(String raw, String canonical) {
        assertThat(CanonicalPath.of(raw), is(new CanonicalPath.Canonical(canonical)));
    }

    @Test
    void the_empty_path_is_the_root() {
        assertThat(CanonicalPath.of(""), is(new CanonicalPath.Canonical("/")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "*", "/a", "/a/", "/a/b.c/d..e/~f!$&'()*+,=:@-_", "/API/v1", "/a.b/", "/a|b^c`{d}"})
    void a_plain_path_is_taken_as_it_is(String raw) {
        assertThat(CanonicalPath.isCanonical(raw), is(true));
        CanonicalPath.Canonical canonical = (CanonicalPath.Canonical) CanonicalPath.of(raw);
        assertThat(canonical.path(), sameInstance(raw));
    }

    @ParameterizedTest
    @CsvSource({
        "/a%2fb,            an encoded slash",
        "/a%2Fb,            an encoded slash",
        "/a;x=%2f/b,        an encoded slash",
        "/a%5cb,            an encoded backslash",
        "/a%5C..%5Cb,       an encoded backslash",
        "'/a\\b',           a backslash",
        "'/..\\..\\a',      a backslash",
        "/a%00,             an encoded control character",
        "/a%00.jpg,         an encoded control character",
        "/a%0d%0ab,         an encoded control character",
        "/a%09b,            an encoded control character",
        "/a%7fb,            an encoded control character",
        "/a%c2%85b,         an encoded control character",
        "/a;x=%00/b,        an encoded control character",
        "/%2e,              an encoded dot segment",
        "/%2e/a,            an encoded dot segment",
        "/%2e%2e/a,         an encoded dot segment",
        "/%2E%2E/a,         an encoded dot segment",
        "/a/%2e%2e/b,       an encoded dot segment",
        "/a/.%2e/b,         an encoded dot segment",
        "/a/%2e./b,         an encoded dot segment",
        "/a/%2e%2e,         an encoded dot segment",
        "/a/..;/b,          parameters in a dot segment",
        "/a/..;x=1/b,       parameters in a dot segment",
        "/a/.;/b,           parameters in a dot segment",
        "/a/%2e%2e;x/b,     parameters in a dot segment",
        "/..,               a dot segment that leads above the root",
        "/../a,             a dot segment that leads above the root",
        "/./../a,           a dot segment that leads above the root",
        "/a/../../b,        a dot segment that leads above the root",
        "/a/b/../../../c,   a dot segment that leads above the root",
        "/a//../b,          a dot segment after a double slash",
        "//..,              a dot segment after a double slash",
        "/a//b/../../c,     a dot segment after a double slash",
        "/a/;x/../b,        a dot segment after a double slash",
        "/a//./../b,        a dot segment after a double slash",
        "/%,                a percent sign without two hexadecimal digits",
        "/%a,               a percent sign without two hexadecimal digits",
        "/%zz,              a percent sign without two hexadecimal digits",
        "/%a/b,             a percent sign without two hexadecimal digits",
        "/%-1,              a percent sign without two hexadecimal digits",
        "/%u002f,           a percent sign without two hexadecimal digits",
        "/a;%zz/b,          a percent sign without two hexadecimal digits",
        "/%ff,              bytes that are not UTF-8",
        "/%e9,              bytes that are not UTF-8",
        "/%c3,              bytes that are not UTF-8",
        "/%c3/%a9,          bytes that are not UTF-8",
        "/%c0%af,           bytes that are not UTF-8",
        "/%c0%ae%c0%ae/a,   bytes that are not UTF-8",
        "/%e0%80%af,        bytes that are not UTF-8",
        "/%f0%80%80%af,     bytes that are not UTF-8",
        "/%ed%a0%80,        bytes that are not UTF-8",
        "/%f4%90%80%80,     bytes that are not UTF-8",
        "/é,                a character outside US-ASCII that is not percent-encoded",
        "/／,               a character outside US-ASCII that is not percent-encoded",
        "'/a b',            a blank or a control character",
        "a,                 no slash at the beginning",
        "http://h/a,        no slash at the beginning",
        "**,                no slash at the beginning",
    })
    void what_servers_read_differently_is_ambiguous(String raw, String reason) {
        assertThat(CanonicalPath.of(raw), is(new CanonicalPath.Ambiguous(reason)));
        assertThat(CanonicalPath.isCanonical(raw), is(false));
    }

    @ParameterizedTest
    @ValueSource(chars = {0, 1, '\t', '\r', '\n', 0x1f, 0x7f})
    void a_bare_control_character_is_ambiguous(char character) {
        assertThat(
                CanonicalPath.of("/a" + character + "b"),
                is(new CanonicalPath.Ambiguous("a blank or a control character")));
    }

    @Test
    void whatever_comes_the_result_is_canonical_or_a_reason() {
        Random random = new Random(20260101);
        String alphabet = "//..%%;;\\\\25eEfFcC0aé \0";
        for (int i = 0; i < 200_000; i++) {
            StringBuilder raw = new StringBuilder("/");
            random.ints(random.nextInt(12), 0, alphabet.length()).forEach(index -> raw.append(alphabet.charAt(index)));
            CanonicalPath path = CanonicalPath.of(raw.toString());
            if (path instanceof CanonicalPath.Canonical canonical) {
                assertThat(raw + " became " + path, isCanonicalForm(canonical.path()));
            }
        }
    }

    private static boolean isCanonicalForm(String path) {
        return path.startsWith("/")
                && !path.contains("//")
                && !(path + "/").contains("/./")
                && !(path + "/").contains("/../")
                && path.chars().noneMatch(Character::isISOControl)
                && path.indexOf('\\') < 0;
    }
}
