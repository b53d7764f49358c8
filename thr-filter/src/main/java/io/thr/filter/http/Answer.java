package io.thr.filter.http;

import io.thr.core.message.Headers;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * What a client gets, the rules' response side done.
 *
 * @param status the HTTP status
 * @param headers the fields, hop-by-hop ones among them still
 * @param body the body, empty for none
 */
public record Answer(int status, Headers headers, byte[] body) {

    /** An answer of THR's own, as problem details. */
    public static Answer of(Problem problem) {
        return of(problem, problem.status(), problem.headers(), List.of());
    }

    /** An answer of THR's own, in the form that the request's {@code Accept} asks for. */
    public static Answer of(Problem problem, HttpServletRequest request) {
        List<String> accept = Collections.list(request.getHeaders("Accept"));
        return of(problem, problem.status(), problem.headers(), accept);
    }

    /**
     * An answer of THR's own, with the problem's own body or in the form that is asked for. Nobody may store it.
     *
     * @param status the problem's, or what the rules made of it
     * @param fields the problem's, or what the rules made of them
     * @param accept the request's lines of that field
     */
    static Answer of(Problem problem, int status, Headers fields, List<String> accept) {
        Headers.Builder headers = fields.edit().set("Cache-Control", "no-store");
        Problem.OwnBody own = problem.ownBody();
        if (own != null) {
            headers.set("Content-Type", own.contentType());
            return new Answer(status, headers.build(), own.text().getBytes(StandardCharsets.UTF_8));
        }
        ProblemFormat format = ProblemFormat.accepted(accept);
        headers.set("Content-Type", format.contentType());
        if (!variesByAccept(fields)) {
            headers.add("Vary", "Accept");
        }
        return new Answer(status, headers.build(), format.body(problem));
    }

    private static boolean variesByAccept(Headers fields) {
        for (String line : fields.all("Vary")) {
            for (String name : line.toLowerCase(Locale.ROOT).split(",", -1)) {
                String stripped = name.strip();
                if (stripped.equals("accept") || stripped.equals("*")) {
                    return true;
                }
            }
        }
        return false;
    }
}
