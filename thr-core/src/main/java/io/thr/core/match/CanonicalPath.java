package io.thr.core.match;

/**
 * A path brought to the form that rules and limits are matched against, which is the one an application routes on: percent-decoded
 * once as UTF-8, without {@code ;parameters}, double slashes and dot segments. Or the finding that servers would not
 * agree on what it means, so that a rule could be bypassed; such a request is answered with 400.
 *
 * <pre>{@code
 * /a%20b;v=1//c/./d/../e   is   /a b/c/e
 * /a%2fb   /a\b   /%2e%2e/a   /..;/a   /../a   /%zz   /%ff   /%00      are ambiguous
 * }</pre>
 */
public sealed interface CanonicalPath {

    /**
     * The path to match.
     *
     * @param path decoded, begins with a slash; or {@code *}, the target of {@code OPTIONS *}
     */
    record Canonical(String path) implements CanonicalPath {}

    /**
     * No path to match.
     *
     * @param reason what is wrong with it, in words that may be shown to the client
     */
    record Ambiguous(String reason) implements CanonicalPath {}

    /** Reads a raw path as it stood in the request line, without the query. */
    static CanonicalPath of(String rawPath) {
        if (isCanonical(rawPath)) {
            return new Canonical(rawPath);
        }
        return rawPath.isEmpty() ? new Canonical("/") : new PathReader(rawPath).read();
    }

    /** Whether the raw path is its own canonical form: most are. Allocates nothing. */
    static boolean isCanonical(String rawPath) {
        if (!rawPath.startsWith("/")) {
            return rawPath.equals("*");
        }
        for (int i = 1; i < rawPath.length(); i++) {
            char character = rawPath.charAt(i);
            boolean afterSlash = rawPath.charAt(i - 1) == '/';
            if ((afterSlash && (character == '/' || character == '.')) || !PathReader.isPlain(character)) {
                return false;
            }
        }
        return true;
    }
}
