package io.thr.demo.page;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.json.Json;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * The machine's own Chromium, without a window: one for all classes of a run, with an empty profile. Where there is none its
 * tests are skipped. One thread at a time.
 */
final class ChromiumBrowser implements BeforeAllCallback, BeforeEachCallback {

    private static final ExtensionContext.Namespace ALL = ExtensionContext.Namespace.create(ChromiumBrowser.class);

    private @Nullable ChromeDriver driver;

    @Override
    public void beforeAll(ExtensionContext context) {
        Optional<Path> browser = onPath("chromium", "chromium-browser", "google-chrome");
        Optional<Path> chromedriver = onPath("chromedriver");
        assumeTrue(
                browser.isPresent() && chromedriver.isPresent(),
                "no Chromium here: the page is not tested (apt-get install chromium chromium-driver)");
        driver = context.getRoot()
                .getStore(ALL)
                .computeIfAbsent("driver", key -> new Started(browser.get(), chromedriver.get()), Started.class)
                .driver;
    }

    /** What the test before has left. */
    @Override
    public void beforeEach(ExtensionContext context) {
        command("Emulation.clearDeviceMetricsOverride", Map.of());
        command("Emulation.setEmulatedMedia", Map.of("features", List.of()));
        driver().get("about:blank");
        logged();
        requested();
    }

    private static Optional<Path> onPath(String... programs) {
        return Stream.of(programs)
                .flatMap(program -> Stream.of(
                                System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                        .map(directory -> Path.of(directory, program)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    ChromeDriver driver() {
        return Objects.requireNonNull(driver);
    }

    void open(String url) {
        driver().get(url);
    }

    WebElement find(String selector) {
        return driver().findElement(By.cssSelector(selector));
    }

    List<WebElement> all(String selector) {
        return driver().findElements(By.cssSelector(selector));
    }

    /** What the elements show, without a race with the page that replaces them. */
    @SuppressWarnings("unchecked")
    List<String> texts(String selector) {
        return (List<String>) run(
                "return Array.from(document.querySelectorAll(arguments[0]), one => one.textContent.trim())", selector);
    }

    /** What the only element of that kind shows; an empty text where there is none. */
    String text(String selector) {
        return String.join("|", texts(selector));
    }

    Object run(String script, Object... arguments) {
        Object result = driver().executeScript(script, arguments);
        return result == null ? "" : result;
    }

    /** A command of the browser's own protocol. */
    void command(String name, Map<String, Object> parameters) {
        driver().executeCdpCommand(name, parameters);
    }

    /** A screen of so many CSS pixels. */
    void screen(int width, int height, boolean isPhone) {
        command(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", isPhone));
    }

    /** What the reader prefers: {@code prefers-color-scheme}, {@code dark}. */
    void prefer(String feature, String value) {
        command("Emulation.setEmulatedMedia", Map.of("features", List.of(Map.of("name", feature, "value", value))));
    }

    byte[] screenshot() {
        return driver().getScreenshotAs(OutputType.BYTES);
    }

    /** What the console has said since the last call: errors, and what could not be loaded. */
    List<String> logged() {
        return driver().manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    /** The address of each request since the last call. */
    List<String> requested() {
        List<String> urls = new ArrayList<>();
        for (LogEntry entry : driver().manage().logs().get(LogType.PERFORMANCE)) {
            Map<?, ?> message = (Map<?, ?>)
                    new Json().<Map<?, ?>>toType(entry.getMessage(), Map.class).get("message");
            if (message != null && "Network.requestWillBeSent".equals(message.get("method"))) {
                Map<?, ?> request = (Map<?, ?>) ((Map<?, ?>) message.get("params")).get("request");
                urls.add(String.valueOf(request.get("url")));
            }
        }
        return urls;
    }

    private static final class Started implements AutoCloseable {

        private final ChromeDriverService service;
        private final ChromeDriver driver;
        private final Path profile;

        Started(Path browser, Path chromedriver) {
            try {
                profile = Files.createTempDirectory("thr-chromium-");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            ChromeOptions options = new ChromeOptions();
            options.setBinary(browser.toFile());
            options.addArguments(
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--disable-dev-shm-usage",
                    "--window-size=1280,1000",
                    "--user-data-dir=" + profile);
            LoggingPreferences logs = new LoggingPreferences();
            logs.enable(LogType.BROWSER, Level.ALL);
            logs.enable(LogType.PERFORMANCE, Level.ALL);
            options.setCapability("goog:loggingPrefs", logs);
            // named, so that nothing looks for one to download
            service = new ChromeDriverService.Builder()
                    .usingDriverExecutable(chromedriver.toFile())
                    .usingAnyFreePort()
                    .withSilent(true)
                    .build();
            driver = new ChromeDriver(service, options);
            driver.manage().timeouts().pageLoadTimeout(Duration.ofSeconds(20));
        }

        @Override
        public void close() throws IOException {
            driver.quit();
            service.stop();
            List<Path> files;
            try (Stream<Path> left = Files.walk(profile)) {
                files = left.sorted((one, other) -> other.compareTo(one)).toList();
            }
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
    }
}
