package io.thr.filter.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The forms that a problem can be told in, the most usual first. */
enum ProblemFormat {
    /** Problem details (RFC 9457), also for whoever asks for plain JSON. */
    JSON("application", "problem+json", "application/problem+json") {
        @Override
        String text(Problem problem) {
            StringBuilder json = new StringBuilder(240);
            appendString(json.append("{\"type\":"), problem.type());
            appendString(json.append(",\"title\":"), problem.title());
            json.append(",\"status\":").append(problem.status());
            appendString(json.append(",\"detail\":"), problem.detail());
            if (!problem.violatedPolicies().isEmpty()) {
                appendStrings(json.append(",\"violated-policies\":"), problem.violatedPolicies());
            }
            String requestId = problem.requestId();
            if (requestId != null) {
                appendString(json.append(",\"request_id\":"), requestId);
            }
            return json.append("}\n").toString();
        }

        @Override
        int closeness(MediaRange range) {
            boolean isPlainJson =
                    range.type().equals("application") && range.subtype().equals("json");
            return isPlainJson ? 3 * range.narrowness() - 1 : super.closeness(range);
        }
    },
    /** A page that needs nothing else. */
    HTML("text", "html", "text/html; charset=utf-8") {
        @Override
        String text(Problem problem) {
            String title = escaped(problem.title());
            String requestId = problem.requestId();
            return """
                    <!DOCTYPE html>
                    <html lang="en">
                    <head>
                    <meta charset="utf-8">
                    <meta name="viewport" content="width=device-width, initial-scale=1">
                    <title>""" + title + """
                    </title>
                    <style>body { font: 1em/1.5 sans-serif; margin: 3em auto; max-width: 36em; padding: 0 1em }</style>
                    </head>
                    <body>
                    <h1>""" + title + "</h1>\n<p>" + escaped(problem.detail()) + "</p>\n<p><small>"
                    + problem.status() + (requestId == null ? "" : ", request " + escaped(requestId)) + """
                    </small></p>
                    </body>
                    </html>
                    """;
        }
    },
    /** Lines for people, as at a terminal. */
    TEXT("text", "plain", "text/plain; charset=utf-8") {
        @Override
        String text(Problem problem) {
            String requestId = problem.requestId();
            return problem.status() + " " + onOneLine(problem.title()) + "\n" + onOneLine(problem.detail()) + "\n"
                    + (requestId == null ? "" : "request " + onOneLine(requestId) + "\n");
        }
    };

    private static final String HEX = "0123456789abcdef";

    private final String type;
    private final String subtype;
    private final String contentType;

    ProblemFormat(String type, String subtype, String contentType) {
        this.type = type;
        this.subtype = subtype;
        this.contentType = contentType;
    }

    /**
     * What a client gets that sent these {@code Accept} lines: the form that it wants most; of those wanted alike the one that
     * it named most closely, then the first. JSON where it wants nothing in particular, and where it wants nothing that there
     * is: a server may disregard that (RFC 9110 §12.5.1), and what went wrong is better told in some form than in none.
     */
    static ProblemFormat accepted(List<String> accept) {
        List<MediaRange> ranges = MediaRange.listed(accept);
        ProblemFormat chosen = JSON;
        MediaRange reason = null;
        for (ProblemFormat format : values()) {
            MediaRange closest = format.closest(ranges);
            if (closest != null && closest.quality() > 0 && (reason == null || closest.isStrongerThan(reason))) {
                chosen = format;
                reason = closest;
            }
        }
        return chosen;
    }

    /** The range that names this form most closely, which alone counts for it; null where none does. */
    private @Nullable MediaRange closest(List<MediaRange> ranges) {
        MediaRange closest = null;
        int closeness = -1;
        for (MediaRange range : ranges) {
            int its = closeness(range);
            boolean isMoreWanted = closest != null && range.quality() > closest.quality();
            if (its > closeness || (its == closeness && isMoreWanted)) {
                closest = range;
                closeness = its;
            }
        }
        return closest;
    }

    /** How closely a range names this form; negative where it does not. */
    int closeness(MediaRange range) {
        boolean isType = range.type().equals("*") || range.type().equals(type);
        boolean isSubtype = range.subtype().equals("*") || range.subtype().equals(subtype);
        return isType && isSubtype ? 3 * range.narrowness() + (range.hasCharset() ? 1 : 0) : -1;
    }

    String contentType() {
        return contentType;
    }

    byte[] body(Problem problem) {
        return text(problem).getBytes(StandardCharsets.UTF_8);
    }

    abstract String text(Problem problem);

    private static void appendStrings(StringBuilder json, List<String> texts) {
        char before = '[';
        for (String text : texts) {
            appendString(json.append(before), text);
            before = ',';
        }
        json.append(']');
    }

    private static void appendString(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xF));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }

    private static String escaped(String text) {
        StringBuilder html = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> html.append("&amp;");
                case '<' -> html.append("&lt;");
                case '>' -> html.append("&gt;");
                case '"' -> html.append("&quot;");
                case '\'' -> html.append("&#39;");
                default -> html.append(Character.isISOControl(c) ? ' ' : c);
            }
        }
        return html.toString();
    }

    private static String onOneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            line.append(Character.isISOControl(c) ? ' ' : c);
        }
        return line.toString();
    }
}
