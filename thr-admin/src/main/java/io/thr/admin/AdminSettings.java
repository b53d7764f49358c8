package io.thr.admin;

import io.thr.core.config.ConfigMap;
import io.thr.core.config.ConfigValue;
import io.thr.core.config.Secret;
import io.thr.core.match.IpAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a program is told of its admin port, in its file as
 *
 * <pre>{@code
 * admin:
 *   port: 8899                      # 0: any free one; without it there is none
 *   host: 127.0.0.1                 # the address to listen on
 *   token: "${THR_ADMIN_TOKEN}"     # who has it may change something
 *   hosts: [thr.example.org]        # by which names it is reached besides, through a proxy
 * }</pre>
 *
 * @param port null: none
 * @param host the address to listen on; with more than loopback there must be a token
 * @param token without white space; null: nothing can be changed
 * @param hosts names in the field {@code Host} besides {@code localhost} and the address itself, without ports
 */
public record AdminSettings(
        @Nullable Integer port, String host, @Nullable Secret token, List<String> hosts) {

    /** Where it listens if nobody says where. */
    public static final String DEFAULT_HOST = "127.0.0.1";

    /** No port, and no token. */
    public static final AdminSettings OFF = new AdminSettings(null, DEFAULT_HOST, null, List.of());

    private static final int HIGHEST_PORT = 65_535;

    /** What a field may carry as a bearer token, and more. */
    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]+");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+");

    /** Checks the parts. */
    public AdminSettings {
        if (port != null && (port < 0 || port > HIGHEST_PORT)) {
            throw new IllegalArgumentException("admin.port: " + port + " (expected: 0 to " + HIGHEST_PORT + ")");
        }
        if (host.isBlank()) {
            throw new IllegalArgumentException("admin.host: empty (expected: an address to listen on)");
        }
        if (token != null && !TOKEN.matcher(token.text()).matches()) {
            throw new IllegalArgumentException(
                    "admin.token: empty, or with other characters than visible ones of ASCII (expected: what"
                            + " `openssl rand -hex 24` prints, for example)");
        }
        for (String name : hosts) {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        "admin.hosts: '" + name + "' (expected: a name or an address, without scheme and port)");
            }
        }
        hosts = hosts.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
        if (port != null && token == null && !isLoopback(host)) {
            throw new IllegalArgumentException("admin.token: none (expected: one, as admin.host is " + host
                    + ", which others than this machine can reach)");
        }
    }

    /** Reads {@code admin} of a program's file; {@link #OFF} where it is not there, or wrong. */
    public static AdminSettings read(ConfigMap root) {
        return root.get("admin").flatMap(AdminSettings::read).orElse(OFF);
    }

    private static Optional<AdminSettings> read(ConfigValue value) {
        ConfigMap map = value.map();
        Optional<Integer> port = map.integer("port", 0, HIGHEST_PORT);
        Optional<String> host = map.text("host");
        Optional<Secret> token = map.text("token").map(Secret::new);
        List<String> hosts = map.list("hosts").stream()
                .map(ConfigValue::text)
                .flatMap(Optional::stream)
                .toList();
        return value.made(
                () -> new AdminSettings(port.orElse(null), host.orElse(DEFAULT_HOST), token.orElse(null), hosts));
    }

    /** Whether there is to be a port. */
    public boolean hasPort() {
        return port != null;
    }

    /** Whether nobody reaches it but from this machine. */
    public boolean isOnLoopback() {
        return isLoopback(host);
    }

    /** The same with another port. */
    public AdminSettings withPort(int other) {
        return new AdminSettings(other, host, token, hosts);
    }

    static boolean isLoopback(String host) {
        return host.equalsIgnoreCase("localhost")
                || IpAddress.parse(host).filter(AdminSettings::isLoopback).isPresent();
    }

    static boolean isLoopback(IpAddress address) {
        return address.isIpv4() ? address.toString().startsWith("127.") : address.equals(IpAddress.of("::1"));
    }
}
