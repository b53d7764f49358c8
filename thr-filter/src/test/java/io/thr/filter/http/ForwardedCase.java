package io.thr.filter.http;

import io.thr.core.match.CidrBlock;
import io.thr.filter.config.ForwardedField;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request through proxies, and whose it is. {@code forwarded-headers.txt} has them, and tells its own format.
 *
 * @param peer its address as the container has it; null for a unix socket
 * @param lines the header lines in order
 * @param client the expected address
 */
record ForwardedCase(
        String name,
        ForwardedField field,
        List<CidrBlock> trusted,
        @Nullable String peer,
        List<Line> lines,
        String client) {

    /** One header line. */
    record Line(String name, String value) {}

    /** All cases of the file, in its order. */
    static List<ForwardedCase> read() {
        try (InputStream file = ForwardedCase.class.getResourceAsStream("/forwarded-headers.txt")) {
            String text = new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8);
            Reader reader = new Reader();
            text.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(reader::line);
            return reader.cases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The address that the rules see. */
    String realIp() {
        return new ServletRequestView(request(), new ClientAddress(trusted, field), "/").realIp();
    }

    /** A request that has this peer, these header lines, and nothing else. */
    private HttpServletRequest request() {
        return (HttpServletRequest) Proxy.newProxyInstance(
                ForwardedCase.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getRemoteAddr" -> peer;
                    case "getHeaders" ->
                        Collections.enumeration(lines.stream()
                                .filter(line -> line.name.equalsIgnoreCase((String) arguments[0]))
                                .map(Line::value)
                                .toList());
                    default -> throw new IllegalStateException(method.getName());
                });
    }

    @Override
    public String toString() {
        return name;
    }

    /** Takes the file line by line. For one thread. */
    private static final class Reader {

        private static final Pattern HEADER = Pattern.compile("([^ :]+):(?: (.*))?");
        private static final Pattern CHARACTERS =
                Pattern.compile("<(?:(tab)|(blank)|U\\+([0-9A-F]{4})|([0-9]+)\\*([^>]*))>");

        private static final Set<String> SETTINGS = Set.of("field", "trusted", "peer");

        private final List<ForwardedCase> cases = new ArrayList<>();
        private final Map<String, String> ofSection = new HashMap<>();
        private final Map<String, String> ofCase = new HashMap<>();
        private List<Line> lines = List.of();
        private String name = "";

        void line(String line) {
            if (line.startsWith("[")) {
                ofSection.clear();
            } else if (!line.startsWith(" ")) {
                if (!isSetting(line, ofSection)) {
                    name = line;
                    ofCase.clear();
                    ofCase.putAll(ofSection);
                    lines = new ArrayList<>();
                }
            } else if (line.strip().startsWith("=> ")) {
                String client = line.strip().substring(3);
                cases.add(new ForwardedCase(name, field(), trusted(), peer(), lines, client));
            } else if (!isSetting(line.strip(), ofCase)) {
                lines.add(header(line.strip()));
            }
        }

        /** Takes the line where it is a setting. */
        private static boolean isSetting(String line, Map<String, String> settings) {
            String[] words = line.split(" ", 2);
            if (!SETTINGS.contains(words[0])) {
                return false;
            }
            settings.put(words[0], words[1]);
            return true;
        }

        private String setting(String word) {
            return Objects.requireNonNull(ofCase.get(word), name + ": " + word);
        }

        private ForwardedField field() {
            return Arrays.stream(ForwardedField.values())
                    .filter(field -> field.fieldName().equals(setting("field")))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(name + ": field: " + setting("field")));
        }

        private List<CidrBlock> trusted() {
            String blocks = setting("trusted");
            return blocks.equals("none")
                    ? List.of()
                    : Arrays.stream(blocks.split(" ", -1)).map(CidrBlock::parse).toList();
        }

        private @Nullable String peer() {
            return setting("peer").equals("none") ? null : setting("peer");
        }

        private Line header(String line) {
            Matcher header = HEADER.matcher(line);
            if (!header.matches()) {
                throw new IllegalStateException(name + ": " + line);
            }
            String value = header.group(2) == null ? "" : header.group(2);
            return new Line(
                    header.group(1),
                    CHARACTERS.matcher(value).replaceAll(found -> Matcher.quoteReplacement(characters(found))));
        }

        private static String characters(MatchResult found) {
            if (found.group(1) != null) {
                return "\t";
            }
            if (found.group(2) != null) {
                return " ";
            }
            return found.group(3) != null
                    ? Character.toString(Integer.parseInt(found.group(3), 16))
                    : found.group(5).repeat(Integer.parseInt(found.group(4)));
        }
    }
}
