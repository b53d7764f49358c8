package io.thr.filter.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One range of media types that a client accepts (RFC 9110 §12.5.1).
 *
 * @param type in lower case, or {@code *}
 * @param subtype in lower case, or {@code *}
 * @param hasCharset whether it asks for UTF-8, which all texts of ours are
 * @param quality how much it is wanted, 0 (not at all) to 1
 */
record MediaRange(String type, String subtype, boolean hasCharset, double quality) {

    /** Browsers send some 150 characters. What is far longer is no preference. */
    private static final int MAX_LENGTH = 4096;

    /**
     * The ranges of these {@code Accept} lines that may mean an answer of ours. Those that ask for a parameter that none of
     * ours has, those that are malformed, and lines beyond all measure say nothing.
     */
    static List<MediaRange> listed(List<String> lines) {
        List<MediaRange> ranges = new ArrayList<>();
        int length = 0;
        for (String line : lines) {
            length += line.length();
            if (length > MAX_LENGTH) {
                break;
            }
            for (String element : split(line, ',')) {
                MediaRange range = of(element);
                if (range != null) {
                    ranges.add(range);
                }
            }
        }
        return ranges;
    }

    private static @Nullable MediaRange of(String element) {
        List<String> parts = split(element, ';');
        String types = parts.get(0).toLowerCase(Locale.ROOT);
        if (types.equals("*")) {
            types = "*/*"; // from java.net.HttpURLConnection, where nobody said otherwise
        }
        int slash = types.indexOf('/');
        if (slash < 1 || slash == types.length() - 1 || (types.startsWith("*/") && !types.equals("*/*"))) {
            return null;
        }
        boolean hasCharset = false;
        double quality = 1;
        for (String part : parts.subList(1, parts.size())) {
            int equals = part.indexOf('=');
            String name = part.substring(0, Math.max(0, equals));
            String value = unquoted(part.substring(equals + 1));
            if (name.equalsIgnoreCase("q")) {
                quality = quality(value);
            } else if (name.equalsIgnoreCase("charset") && value.equalsIgnoreCase("utf-8")) {
                hasCharset = true;
            } else if (!part.isEmpty()) {
                return null;
            }
        }
        return quality < 0
                ? null
                : new MediaRange(types.substring(0, slash), types.substring(slash + 1), hasCharset, quality);
    }

    /** The weight; negative where it is none. {@code .2} is none, strictly, but old Java clients send it. */
    private static double quality(String value) {
        boolean isNumber = value.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '.')
                && value.chars().anyMatch(c -> c != '.')
                && value.indexOf('.') == value.lastIndexOf('.');
        double quality = isNumber ? Double.parseDouble(value) : -1;
        return quality > 1 ? -1 : quality;
    }

    private static String unquoted(String value) {
        boolean isQuoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return isQuoted ? value.substring(1, value.length() - 1) : value;
    }

    /** The parts between the separators that stand outside of quotes, without the blanks around them. */
    private static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (c == '\\' && quoted) {
                i++;
            } else if (c == separator && !quoted) {
                parts.add(text.substring(start, i).strip());
                start = i + 1;
            }
        }
        parts.add(text.substring(start).strip());
        return parts;
    }

    /** How narrow it is: 0 for all media types, 1 for a type, 2 for a subtype. */
    int narrowness() {
        return type.equals("*") ? 0 : subtype.equals("*") ? 1 : 2;
    }

    /** Whether it is a better reason to choose what it names: more wanted or, where equally wanted, named more closely. */
    boolean isStrongerThan(MediaRange other) {
        return quality > other.quality || (quality == other.quality && narrowness() > other.narrowness());
    }
}
