package io.thr.core.redis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a Redis is, and as whom and on which database to speak to it. Equal to another that says the same. */
public final class RedisUrl {

    /** The port where a URL names none. */
    public static final int DEFAULT_PORT = 6379;

    private static final String EXPECTED = "expected: redis://[user:password@]host[:port][/db], rediss://… for TLS,"
            + " unix:///path/of/socket[?db=n], or embedded";

    private final Place place;
    private final @Nullable String user;
    private final @Nullable String password;
    private final int database;

    private RedisUrl(Place place, @Nullable String user, @Nullable String password, int database) {
        this.place = place;
        this.user = user;
        this.password = password;
        this.database = database;
    }

    /**
     * Reads {@code redis://[user:password@]host[:port][/db]}, {@code rediss://…} (TLS, the certificate checked against
     * the JVM's trust store and the host's name), {@code unix://[user:password@]/path[?db=n]} or {@code embedded}. User
     * and password may be percent-encoded; IPv6 addresses stand in brackets.
     *
     * @throws IllegalArgumentException with what was found and what was expected, never with the password
     */
    public static RedisUrl parse(String text) {
        String trimmed = text.strip();
        if (trimmed.equals("embedded")) {
            return new RedisUrl(new Embedded(), null, null, 0);
        }
        int colon = trimmed.indexOf("://");
        if (colon < 0) {
            throw refused(trimmed, EXPECTED);
        }
        String rest = trimmed.substring(colon + 3);
        String scheme = trimmed.substring(0, colon).toLowerCase(Locale.ROOT);
        return switch (scheme) {
            case "redis", "rediss" -> parseTcp(trimmed, rest, scheme.equals("rediss"));
            case "unix" -> parseUnix(trimmed, rest);
            case "redis+sentinel", "rediss+sentinel" ->
                throw refused(
                        trimmed, "Sentinel is not supported yet; for now give the master's own URL: redis://host:port");
            case "redis+cluster", "rediss+cluster" ->
                throw refused(
                        trimmed, "Cluster is not supported yet; for now give one standalone server: redis://host:port");
            default -> throw refused(trimmed, EXPECTED);
        };
    }

    /** That server over TCP, without TLS, user or password, database 0. */
    public static RedisUrl of(String host, int port) {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("redis host: empty (expected: a name or an address)");
        }
        return new RedisUrl(new Tcp(host, checkedPort(port, "redis port"), false), null, null, 0);
    }

    /** The server on that unix socket, database 0. */
    public static RedisUrl unix(String path) {
        if (path.isEmpty()) {
            throw new IllegalArgumentException("redis unix socket: empty (expected: a path)");
        }
        return new RedisUrl(new Unix(path), null, null, 0);
    }

    private static RedisUrl parseTcp(String text, String rest, boolean tls) {
        // the last @ ends the credentials, so that nothing after it can be part of a password
        int at = rest.lastIndexOf('@');
        Credentials credentials = credentials(text, at < 0 ? null : rest.substring(0, at));
        String server = rest.substring(at + 1);
        if (server.indexOf('?') >= 0 || server.indexOf('#') >= 0) {
            throw refused(text, "expected: no ? and no # after the host");
        }
        int slash = server.indexOf('/');
        String authority = slash < 0 ? server : server.substring(0, slash);
        String path = slash < 0 ? "" : server.substring(slash + 1);
        int bracket = authority.startsWith("[") ? authority.indexOf(']') : -1;
        if (authority.startsWith("[") && bracket < 0) {
            throw refused(text, "expected: ] after the IPv6 address");
        }
        int portColon = authority.indexOf(':', bracket + 1);
        String host = bracket > 0
                ? authority.substring(1, bracket)
                : authority.substring(0, portColon < 0 ? authority.length() : portColon);
        String afterHost = authority.substring(bracket > 0 ? bracket + 1 : host.length());
        if (bracket < 0 && portColon != authority.lastIndexOf(':')) {
            throw refused(text, "expected: one colon before the port; an IPv6 address in brackets: [::1]");
        }
        if (host.isEmpty()) {
            throw refused(text, "expected: a host after //");
        }
        int port = DEFAULT_PORT;
        if (!afterHost.isEmpty()) {
            if (!afterHost.startsWith(":")) {
                throw refused(text, "expected: :port after the host");
            }
            port = checkedPort(number(text, afterHost.substring(1), "the port"), text);
        }
        int database = path.isEmpty() ? 0 : number(text, path, "the database");
        return new RedisUrl(new Tcp(host, port, tls), credentials.user, credentials.password, database);
    }

    private static RedisUrl parseUnix(String text, String rest) {
        int at = rest.startsWith("/") ? -1 : rest.indexOf("@/");
        Credentials credentials = credentials(text, at < 0 ? null : rest.substring(0, at));
        String path = rest.substring(at + 1);
        if (!path.startsWith("/")) {
            throw refused(text, "expected: an absolute path, so three slashes: unix:///run/redis/redis.sock");
        }
        int database = 0;
        int question = path.indexOf('?');
        if (question >= 0) {
            String query = path.substring(question + 1);
            if (!query.startsWith("db=")) {
                throw refused(text, "expected after the ?: db=n");
            }
            database = number(text, query.substring(3), "the database");
            path = path.substring(0, question);
        }
        if (path.length() < 2) {
            throw refused(text, "expected: the path of a socket");
        }
        return new RedisUrl(new Unix(path), credentials.user, credentials.password, database);
    }

    private static Credentials credentials(String text, @Nullable String written) {
        if (written == null) {
            return new Credentials(null, null);
        }
        int colon = written.indexOf(':');
        if (colon < 0) {
            throw refused(text, "expected before the @: user:password, or :password for the default user");
        }
        String user = decoded(text, written.substring(0, colon));
        String password = decoded(text, written.substring(colon + 1));
        if (password.isEmpty()) {
            throw refused(text, "expected: a password between : and @");
        }
        return new Credentials(user.isEmpty() ? null : user, password);
    }

    private static String decoded(String text, String written) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] raw = written.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.write(raw[i]);
                continue;
            }
            boolean complete = i + 2 < raw.length;
            int high = complete ? Character.digit(raw[i + 1], 16) : -1;
            int low = complete ? Character.digit(raw[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw refused(
                        text, "expected: two hexadecimal digits after each % of user and password; % itself as %25");
            }
            bytes.write(high * 16 + low);
            i += 2;
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static int number(String text, String written, String what) {
        try {
            int number = Integer.parseInt(written);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw refused(text, "expected as " + what + ": a number, found: " + written);
        }
        throw refused(text, "expected as " + what + ": a number >= 0, found: " + written);
    }

    private static int checkedPort(int port, String where) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(masked(where) + ": port " + port + " (expected: 1 to 65535)");
        }
        return port;
    }

    private static IllegalArgumentException refused(String text, String expected) {
        return new IllegalArgumentException("redis: " + masked(text) + " (" + expected + ")");
    }

    /** What stands before the last @ may hold a password, however wrong the rest is. */
    private static String masked(String text) {
        int at = text.lastIndexOf('@');
        if (at < 0) {
            return text;
        }
        int scheme = text.indexOf("://");
        return (scheme >= 0 && scheme < at ? text.substring(0, scheme + 3) : "") + "***" + text.substring(at);
    }

    /** {@code host:port}, the socket's path, or {@code embedded}; what {@code X-Thr-Bus} carries. */
    public String address() {
        return place.address();
    }

    /** Whether a server is to be started for it. */
    public boolean isEmbedded() {
        return place instanceof Embedded;
    }

    Place place() {
        return place;
    }

    @Nullable
    String user() {
        return user;
    }

    @Nullable
    String password() {
        return password;
    }

    int database() {
        return database;
    }

    /** The URL with its password masked. */
    @Override
    public String toString() {
        String credentials = password == null ? "" : (user == null ? "" : user) + ":***@";
        if (place instanceof Tcp tcp) {
            return (tcp.tls ? "rediss://" : "redis://")
                    + credentials
                    + tcp.address()
                    + (database == 0 ? "" : "/" + database);
        }
        if (place instanceof Unix unix) {
            return "unix://" + credentials + unix.path + (database == 0 ? "" : "?db=" + database);
        }
        return "embedded";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RedisUrl that
                && place.equals(that.place)
                && Objects.equals(user, that.user)
                && Objects.equals(password, that.password)
                && database == that.database;
    }

    @Override
    public int hashCode() {
        return Objects.hash(place, user, password, database);
    }

    /** How to get to the server. */
    sealed interface Place {
        String address();
    }

    record Tcp(String host, int port, boolean tls) implements Place {
        @Override
        public String address() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    record Unix(String path) implements Place {
        @Override
        public String address() {
            return path;
        }
    }

    record Embedded() implements Place {
        @Override
        public String address() {
            return "embedded";
        }
    }

    private record Credentials(
            @Nullable String user, @Nullable String password) {}
}
