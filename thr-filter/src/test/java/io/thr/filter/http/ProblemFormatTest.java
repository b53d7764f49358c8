package io.thr.filter.http;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import io.thr.core.Tries;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In which form a client gets a problem, told by a table of what it accepts. */
class ProblemFormatTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    # nothing in particular
                    ``                                                      | JSON
                    */*                                                     | JSON
                    *                                                       | JSON
                    ,                                                       | JSON
                    */*;q=0.1                                               | JSON
                    # one form
                    application/problem+json                                | JSON
                    application/json                                        | JSON
                    application/*                                           | JSON
                    text/html                                               | HTML
                    text/plain                                              | TEXT
                    text/*                                                  | HTML
                    TEXT/HTML                                               | HTML
                    # what there is not: better some answer than none
                    image/png                                               | JSON
                    application/xml                                         | JSON
                    text/csv                                                | JSON
                    text/html;q=0                                           | JSON
                    */*;q=0                                                 | JSON
                    text/html;q=0, text/plain;q=0.0                         | JSON
                    # the most wanted wins
                    text/html;q=0.8, text/plain;q=0.9                       | TEXT
                    text/html;q=0.8, application/json;q=0.9                 | JSON
                    application/json;q=0.899, text/html;q=0.9               | HTML
                    application/problem+json;q=0.1, text/plain;q=0.2        | TEXT
                    text/html;q=1.000, application/json;q=0.999             | HTML
                    image/avif, text/plain;q=0.001                          | TEXT
                    # of those wanted alike, the one named most closely, then JSON, HTML, text
                    text/html, application/json                             | JSON
                    text/plain, text/html                                   | HTML
                    text/plain;q=0.5, text/html;q=0.5, application/json;q=0.5 | JSON
                    */*, text/html                                          | HTML
                    text/*, text/plain                                      | TEXT
                    */*;q=0.5, text/*;q=0.5                                 | HTML
                    application/*, text/*                                   | JSON
                    text/*, application/json                                | JSON
                    # the closest range alone counts for a form, whatever the others say
                    */*, text/html;q=0                                      | JSON
                    text/*;q=0.9, text/html;q=0.1, */*;q=0.2                | TEXT
                    text/*, text/html;q=0                                   | TEXT
                    */*, application/json;q=0                               | HTML
                    */*, application/*;q=0                                  | HTML
                    */*, application/*;q=0, text/html;q=0                   | TEXT
                    application/problem+json;q=0, application/*             | JSON
                    application/problem+json;q=0, application/*, text/plain;q=0.1 | TEXT
                    application/problem+json;q=0, application/json, text/html;q=0.1 | HTML
                    application/problem+json, application/json;q=0          | JSON
                    application/json;q=0.1, application/*, text/html;q=0.5  | HTML
                    text/html;q=0.2, text/html;q=0.7, text/plain;q=0.5      | HTML
                    # parameters: what we have not is not meant, UTF-8 we have
                    text/html;level=1                                       | JSON
                    text/html;level=1, text/plain;q=0.1                     | TEXT
                    text/plain;format=flowed, text/html;q=0.3               | HTML
                    text/html;charset=utf-8                                 | HTML
                    text/html;charset="UTF-8";q=0.3, text/plain;q=0.2       | HTML
                    text/html;charset=iso-8859-1, text/plain;q=0.2          | TEXT
                    text/html, text/html;charset=utf-8;q=0.1, text/plain;q=0.5 | TEXT
                    application/json;charset=utf-8, text/html;q=0.9         | JSON
                    text/html;x="a,b;q=0", text/plain;q=0.1                 | TEXT
                    text/plain;x="a,text/html,b", image/png                 | JSON
                    text/plain;x="a\\",text/html,b", image/png               | JSON
                    # a weight is a weight wherever it stands
                    text/html;q=0.2;charset=utf-8, text/plain;q=0.3         | TEXT
                    text/html;Q=0.2, text/plain;q=0.3                       | TEXT
                    # blanks, empty elements and empty parameters are nothing
                    ` text/html ; q=0.2 ,, text/plain ; q=0.3 ,`            | TEXT
                    text/html;                                              | HTML
                    text/html;;q=0.2, text/plain;q=0.3                      | TEXT
                    # what is malformed is not there
                    text/html;q=, text/plain;q=0.1                          | TEXT
                    text/html;q=high, text/plain;q=0.1                      | TEXT
                    text/html;q=1.1, text/plain;q=0.1                       | TEXT
                    text/html;q=-1, text/plain;q=0.1                        | TEXT
                    text/html;q=., text/plain;q=0.1                         | TEXT
                    text/html;q=0..1, text/plain;q=0.1                      | TEXT
                    text/html;q=1e0, text/plain;q=0.1                       | TEXT
                    text/html;q, text/plain;q=0.1                           | TEXT
                    */html, text/plain;q=0.1                                | TEXT
                    text, text/plain;q=0.1                                  | TEXT
                    text/, text/plain;q=0.1                                 | TEXT
                    /html, text/plain;q=0.1                                 | TEXT
                    text/html/x, text/plain;q=0.1                           | TEXT
                    text/plain;q=0.1, text/html;x="                         | TEXT
                    # as they really come: Firefox, Chrome, an old Internet Explorer, curl, axios, jQuery, Java's URL connection
                    text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8 | HTML
                    text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7 | HTML
                    text/html, application/xhtml+xml, */*                   | HTML
                    application/json, text/plain, */*                       | JSON
                    application/json, text/javascript, */*; q=0.01          | JSON
                    text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2    | HTML
                    text/html;q=.1, *; q=.2                                 | JSON
                    text/event-stream                                       | JSON
                    """)
    void the_client_gets_what_it_wants_most(String accept, ProblemFormat format) {
        assertThat(ProblemFormat.accepted(List.of(accept)), is(format));
    }

    @Test
    void without_an_accept_line_it_is_json() {
        assertThat(ProblemFormat.accepted(List.of()), is(ProblemFormat.JSON));
    }

    @Test
    void several_lines_are_one_list() {
        assertThat(ProblemFormat.accepted(List.of("text/html;q=0.5", "text/plain")), is(ProblemFormat.TEXT));
    }

    @Test
    void what_is_beyond_all_measure_is_not_read() {
        assertThat(
                ProblemFormat.accepted(List.of("text/plain;q=0.1", "text/html," + "a/b,".repeat(1_024))),
                is(ProblemFormat.TEXT));
        assertThat(ProblemFormat.accepted(List.of(",".repeat(100_000))), is(ProblemFormat.JSON));
    }

    @Test
    void whatever_comes_some_form_is_chosen() {
        List<String> pieces = List.of(
                "text",
                "html",
                "/",
                "*",
                ";",
                ",",
                "q",
                "=",
                "0.5",
                "1",
                "\"",
                "\\",
                " ",
                "plain",
                "application",
                "json",
                "charset",
                "utf-8",
                "text/html",
                "*/*",
                ";q=0",
                "\u00e9",
                "\t",
                ".");
        Tries.check(
                100_000,
                choices -> choices.list(0, 3, () -> String.join("", choices.list(0, 12, () -> choices.of(pieces)))),
                accept -> assertThat(
                        Arrays.asList(ProblemFormat.values()).contains(ProblemFormat.accepted(accept)), is(true)));
    }

    @Test
    void what_is_excluded_is_not_chosen_while_another_form_is_wanted() {
        Tries.check(
                100_000,
                choices -> {
                    String excluded = choices.of("text/html", "text/plain");
                    String wanted = choices.of("text/html", "text/plain", "application/json");
                    return List.of(
                            excluded + ";q=0",
                            choices.of("*/*", "text/*", "application/*") + ";q=" + choices.of("0", "0.3", "1"),
                            wanted + ";q=0.001");
                },
                accept -> {
                    String excluded = accept.get(0).substring(0, accept.get(0).indexOf(';'));
                    String wanted = accept.get(2).substring(0, accept.get(2).indexOf(';'));
                    if (!wanted.equals(excluded)) {
                        ProblemFormat chosen = ProblemFormat.accepted(accept);
                        assertThat(chosen.contentType().startsWith(excluded), is(false));
                    }
                });
    }
}
