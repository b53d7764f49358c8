package io.thr.demo.page;

import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.startsWith;

import io.thr.demo.StartedDemo;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.openqa.selenium.Keys;

/** What a newcomer sees of the demo. */
class DemoPageTest {

    @RegisterExtension
    static final ChromiumBrowser browser = new ChromiumBrowser();

    private static StartedDemo demo;

    @BeforeAll
    static void start() throws Exception {
        demo = StartedDemo.start();
    }

    @AfterAll
    static void end() {
        demo.close();
    }

    @BeforeEach
    void open() {
        browser.open(demo.page());
        await().until(() -> browser.texts("#demo .clients tbody tr").size() == 3);
    }

    @AfterEach
    void nothingIsWrong() {
        assertThat(browser.logged(), is(empty()));
        assertThat(
                browser.requested().stream()
                        .filter(url -> !url.equals("about:blank"))
                        .toList(),
                everyItem(startsWith("http://127.0.0.1:")));
    }

    private static long waiting() {
        return Long.parseLong(browser.text(".station.waiting dd").replace(",", ""));
    }

    private static void slide(String control, Keys... keys) {
        browser.find("#demo-" + control).sendKeys(keys);
    }

    @Test
    void requests_queue_up_when_the_load_grows_and_vanish_when_the_limit_does() {
        slide("load", Keys.END);
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(waiting(), is(greaterThan(40L))));
        assertThat(browser.texts("#flows tbody tr").size(), is(greaterThan(0)));

        slide("time", Keys.HOME);
        slide("each", Keys.END);
        slide("all", Keys.END);
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(waiting(), is(lessThan(10L))));
        assertThat(browser.text("#limits tr[data-limit=reports_at_once] .configured"), is("configured: 4"));
        await().untilAsserted(() -> assertThat(browser.text("#demo .control:nth-of-type(3) output"), is("20")));
    }

    @Test
    void who_comes_without_the_load_does_not_wait_behind_it() throws Exception {
        slide("load", Keys.END);
        slide("time", Keys.END);
        await().atMost(Duration.ofSeconds(20)).until(() -> waiting() > 20);
        HttpClient http = HttpClient.newHttpClient();
        long start = System.nanoTime();

        HttpResponse<String> response =
                http.send(HttpRequest.newBuilder(URI.create(demo.url())).build(), HttpResponse.BodyHandlers.ofString());

        assertThat(response.body(), is("Hello World\n"));
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start), is(lessThan(2000L)));
    }

    /** For the docs: {@code -Dthr.screenshots=docs/images}. */
    @Test
    @EnabledIfSystemProperty(named = "thr.screenshots", matches = ".+")
    void screenshots() throws Exception {
        Path folder = Files.createDirectories(Path.of(System.getProperty("thr.screenshots")));
        browser.command("Emulation.setScrollbarsHidden", Map.of("hidden", true));
        browser.screen(1240, 1250, false);
        browser.find("#plots-span").sendKeys("1 minute");
        for (String keys : List.of("load+3", "load-2", "time+4", "load-3")) {
            int times = keys.charAt(keys.length() - 1) - '0';
            for (int i = 0; i < times; i++) {
                slide(keys.substring(0, 4), keys.charAt(4) == '+' ? Keys.ARROW_RIGHT : Keys.ARROW_LEFT);
            }
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(16);
            await().atMost(Duration.ofSeconds(30)).until(() -> System.nanoTime() > until);
        }
        for (String scheme : List.of("light", "dark")) {
            browser.prefer("prefers-color-scheme", scheme);
            await().pollDelay(Duration.ofSeconds(2)).until(() -> waiting() > 2);
            write(folder.resolve("page-" + scheme + ".png"));
        }
        browser.prefer("prefers-color-scheme", "light");
        browser.screen(360, 1500, true);
        await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
        write(folder.resolve("page-phone.png"));
    }

    /** As small as PNG gets. */
    private static void write(Path file) throws Exception {
        browser.run("scrollTo(0, 0); document.activeElement.blur()");
        BufferedImage picture = ImageIO.read(new ByteArrayInputStream(browser.screenshot()));
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        ImageWriteParam small = writer.getDefaultWriteParam();
        small.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        small.setCompressionQuality(0);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(picture, null, null), small);
        }
        writer.dispose();
        Files.write(file, bytes.toByteArray());
    }
}
