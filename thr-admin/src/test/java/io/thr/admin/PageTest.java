package io.thr.admin;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which files there are. */
class PageTest {

    private static @Nullable AdminResponse at(Page page, String path) {
        return page.at(new AdminRequest("GET", path, null, name -> null, "127.0.0.1", "127.0.0.1"));
    }

    @Test
    void every_file_that_the_build_has_found_is_served() throws IOException {
        List<String> there;
        try (Stream<Path> files = Files.list(Path.of("target/classes/io/thr/admin/page"))) {
            there = files.map(file -> file.getFileName().toString()).toList();
        }
        assertThat(Page.names(), containsInAnyOrder(there.toArray()));
        Page page = new Page(Page.FOLDER, Page.names());
        for (String name : there) {
            assertThat(name, at(page, name.equals("index.html") ? "/" : "/" + name), is(notNullValue()));
        }
    }

    @Test
    void file_has_its_type_and_its_tag() {
        AdminResponse file = Objects.requireNonNull(at(new Page(Page.FOLDER, List.of("robots.txt")), "/robots.txt"));
        assertThat(file.fields().get("Content-Type"), is("text/plain; charset=utf-8"));
        assertThat(file.fields().get("ETag"), startsWith("\""));
        assertThat(file.fields().get("Cache-Control"), is("no-cache"));
        assertThat(file.body().length, is(not(0)));
    }

    @Test
    void what_is_not_listed_is_not_there() {
        Page page = new Page(Page.FOLDER, List.of("robots.txt"));
        for (String path : List.of("/", "/index.html", "/../page-files.txt", "//robots.txt", "/robots.txt/", "")) {
            assertThat(path, at(page, path), is(nullValue()));
        }
    }
}
