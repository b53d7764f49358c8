package io.thr.demo;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.util.Map;
import org.junit.jupiter.api.Test;

class BrowserTest {

    @Test
    void linux_has_a_screen_where_its_session_says_so() {
        assertThat(Browser.hasDisplay(Map.of("PATH", "/bin"), "Linux"), is(false));
        assertThat(Browser.hasDisplay(Map.of("DISPLAY", ":0"), "Linux"), is(true));
        assertThat(Browser.hasDisplay(Map.of("WAYLAND_DISPLAY", "wayland-0"), "Linux"), is(true));
    }

    @Test
    void others_have_one_but_for_a_session_from_elsewhere() {
        assertThat(Browser.hasDisplay(Map.of(), "Windows 11"), is(true));
        assertThat(Browser.hasDisplay(Map.of(), "Mac OS X"), is(true));
        assertThat(Browser.hasDisplay(Map.of("SSH_CONNECTION", "192.0.2.1"), "Mac OS X"), is(false));
    }
}
