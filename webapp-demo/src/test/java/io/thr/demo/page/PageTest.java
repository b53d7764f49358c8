package io.thr.demo.page;

import static io.thr.demo.page.LoadedSystem.AT_ONCE;
import static io.thr.demo.page.LoadedSystem.HOSTILE;
import static io.thr.demo.page.LoadedSystem.IMAGES;
import static io.thr.demo.page.LoadedSystem.REPORTS;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.in;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesRegex;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.thr.core.redis.RedisServer;
import io.thr.core.redis.RedisState;
import io.thr.dispatcher.Dispatcher;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** What the page shows is what Redis holds, and its buttons do what they say. */
class PageTest {

    /** A user's name that would be markup, if anybody took it for that. */
    private static final String HOSTILE_USER = "<img src=x onerror=window.hacked=1>";

    @RegisterExtension
    @Order(1)
    static final RedisServer server = RedisServer.embedded().notEmptied();

    @RegisterExtension
    @Order(2)
    static final ChromiumBrowser browser = new ChromiumBrowser();

    private static LoadedSystem system;
    private static AuditLines audit;
    private static RedisState redis;

    @BeforeAll
    static void start() throws Exception {
        system = LoadedSystem.start(server);
        redis = system.redis();
        audit = AuditLines.listen();
    }

    @AfterAll
    static void end() throws Exception {
        audit.close();
        system.close();
    }

    @BeforeEach
    void forgetAudit() {
        audit.take();
    }

    @AfterEach
    void letAllEnd() {
        List<String> complaints = browser.logged();
        List<String> elsewhere = browser.requested().stream()
                .filter(url -> !url.startsWith("http://127.0.0.1:") && !url.equals("about:blank"))
                .toList();
        system.reset();
        assertThat(complaints, is(empty()));
        assertThat(elsewhere, is(empty()));
        assertThat(browser.run("return window.hacked === undefined"), is(true));
    }

    /** Five of one user, of which two run; two of another; one of a third in another queue, which waits for the fifth slot. */
    private static void load() {
        sendAndSee("/reports", "alice", 2, 2);
        system.send("/reports", "alice", 3);
        sendAndSee("/reports", "bob", 2, 4);
        system.send("/images", "carol", 1);
        await().until(() -> zcard("waiting") == 4);
    }

    private static List<CompletableFuture<HttpResponse<String>>> sendAndSee(
            String path, String user, int number, int now) {
        List<CompletableFuture<HttpResponse<String>>> sent = system.send(path, user, number);
        await().until(() -> system.upstream().now() == now);
        return sent;
    }

    private static void open() {
        browser.open(system.page());
        await().until(() -> browser.text("#link").equals("connected"));
    }

    private static long zcard(String key) {
        return (Long) Objects.requireNonNull(redis.command("ZCARD", "thr:{thr}:" + key));
    }

    private static long llen(String key) {
        return (Long) Objects.requireNonNull(redis.command("LLEN", key));
    }

    private static Map<?, ?> hash(String key) {
        Object content = redis.content("thr:{thr}:" + key);
        return content == null ? Map.of() : (Map<?, ?>) content;
    }

    private static String row(String queue) {
        return "#queues tr[data-queue='" + queue.replace("\"", "\\\"") + "'] ";
    }

    /** A cell's text, by the name of its column. */
    private static String cell(String row, String column) {
        return browser.text(row + "[data-label='" + column + "']");
    }

    private static void click(String selector) {
        browser.find(selector).click();
    }

    /** Clicks the button of that label. */
    private static void press(String label) {
        await().until(() -> !browser.all("button[aria-label='" + label + "']").isEmpty());
        browser.find("button[aria-label='" + label + "']").click();
    }

    private static void confirm() {
        click("#confirm-yes");
    }

    private static void awaitResult(String text) {
        await().untilAsserted(() -> assertThat(browser.text("#result-text"), is(text)));
    }

    @Test
    void what_the_page_shows_is_what_redis_holds() {
        load();
        open();

        await().untilAsserted(() -> assertThat(cell(row(REPORTS), "Waiting"), is("3")));
        Map<?, ?> counts = hash("counts");
        long waiting = zcard("waiting");
        await().untilAsserted(() -> assertThat(cell(row(REPORTS), "Listed"), is(String.valueOf(llen(REPORTS)))));
        await().untilAsserted(() -> assertThat(cell(row(REPORTS), "Running"), is("4")));
        await().untilAsserted(() -> assertThat(cell(row(IMAGES), "Waiting"), is("1")));
        assertThat(browser.text(".station.waiting dd"), is(String.valueOf(waiting)));
        assertThat(browser.text(".station.running dd"), is(counts.get(AT_ONCE)));
        assertThat(browser.text(".station.members dd"), is(String.valueOf(zcard("members"))));
        assertThat(browser.text("#limits tr[data-limit=at_once] .used"), is(counts.get(AT_ONCE) + " of 4"));
        assertThat(browser.text("#limits tr[data-limit=by_user] td .used"), startsWith("2 of 2 in the fullest"));
        assertThat(browser.texts("#running tbody th"), hasSize(hash("tickets").size() - (int) waiting));
    }

    @Test
    void dynamic_limit_opens_to_its_values_and_to_who_holds_them() {
        load();
        open();

        click("#limits tr[data-limit=by_user] summary");

        await().untilAsserted(() -> assertThat(
                browser.texts("#limits tr[data-limit=by_user] .counter"),
                is(List.of("alice2 of 2, 3 waiting", "bob2 of 2"))));
        Map<?, ?> counts = hash("counts");
        assertThat(counts.get("by_user==alice"), is("2"));
        List<String> ids = browser.texts("#running tbody th");
        assertThat(browser.texts("#limits tr[data-limit=by_user] .holders .id"), everyItem(in(ids)));
        assertThat(browser.texts("#limits tr[data-limit=by_user] .holders .id"), hasSize(4));
    }

    @Test
    void what_waits_is_shown_with_what_it_waits_for() {
        load();
        open();

        await().untilAsserted(() -> assertThat(browser.texts("#flows tbody tr"), hasSize(2)));
        assertThat(flow("at_once"), is(List.of("at_once", "1", IMAGES, "carol")));
        assertThat(flow("by_user==alice"), is(List.of("by_user==alice", "3", REPORTS, "alice")));
    }

    /** What stands in the row of that counter, but for the time. */
    private static List<String> flow(String counter) {
        return browser.all("#flows tbody tr").stream()
                .filter(row -> row.findElement(By.tagName("th")).getText().equals(counter))
                .flatMap(row -> row.findElements(By.cssSelector("th, td:not([data-label=For])")).stream())
                .map(WebElement::getText)
                .toList();
    }

    @Test
    void paused_queue_begins_nothing_until_it_is_resumed() {
        load();
        open();

        press("Pause " + IMAGES);
        assertThat(browser.text("#confirm-title"), is("Pause " + IMAGES + "?"));
        confirm();
        awaitResult(IMAGES + " is paused.");
        assertThat(hash("paused").containsKey(IMAGES), is(true));
        assertThat(audit.take(), is(List.of("pause queue=\"" + IMAGES + "\" from \"127.0.0.1\": done")));
        await().untilAsserted(() -> assertThat(browser.text(row(IMAGES) + ".badge"), startsWith("paused for")));
        system.answer(2);
        // what alice has left takes the slots; carol's would be the first otherwise
        await().until(() -> system.upstream().seen().stream()
                        .filter(request -> request.target().equals("/reports"))
                        .count()
                >= 6);
        await().untilAsserted(() -> assertThat(cell(row(IMAGES), "Waiting"), is("1")));

        press("Resume " + IMAGES);
        confirm();
        awaitResult(IMAGES + " is resumed.");
        assertThat(hash("paused").isEmpty(), is(true));
        system.answer(2);
        await().until(() -> system.upstream().seen().stream()
                .anyMatch(request -> request.target().equals("/images")));
        assertThat(audit.take(), is(List.of("resume queue=\"" + IMAGES + "\" from \"127.0.0.1\": done")));
    }

    @Test
    void purge_answers_what_waits_and_lets_go_on_what_runs() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> running = sendAndSee("/reports", "alice", 2, 2);
        List<CompletableFuture<HttpResponse<String>>> waiting = system.send("/reports", "alice", 3);
        await().until(() -> zcard("waiting") == 3);
        open();

        await().untilAsserted(() -> assertThat(cell(row(REPORTS), "Waiting"), is("3")));
        press("Purge " + REPORTS);
        assertThat(browser.text("#confirm-text"), containsString("3 requests now"));
        assertThat(browser.driver().switchTo().activeElement().getAttribute("id"), is("confirm-no"));
        browser.driver().switchTo().activeElement().sendKeys(Keys.ENTER);
        assertThat(zcard("waiting"), is(3L));
        press("Purge " + REPORTS);
        confirm();
        awaitResult("3 requests of " + REPORTS + " were answered with 503.");

        for (CompletableFuture<HttpResponse<String>> one : waiting) {
            assertThat(one.get(10, TimeUnit.SECONDS).statusCode(), is(503));
        }
        assertThat(system.upstream().now(), is(2));
        system.answer(2);
        for (CompletableFuture<HttpResponse<String>> one : running) {
            assertThat(one.get(10, TimeUnit.SECONDS).statusCode(), is(200));
        }
        assertThat(audit.take(), hasItem(startsWith("purge queue=\"" + REPORTS + "\" from \"127.0.0.1\"")));
    }

    @Test
    void limit_is_changed_and_reset() {
        load();
        open();

        WebElement field = browser.find("#limits tr[data-limit=at_once] input");
        field.clear();
        field.sendKeys("5");
        press("Set the maximum of at_once");
        assertThat(browser.text("#confirm-text"), containsString("5 requests running at a time, instead of 4"));
        confirm();
        awaitResult("at_once is 5 now.");
        await().until(() -> system.upstream().now() == 5);
        assertThat(hash("limits").get(AT_ONCE), is("5"));
        await().untilAsserted(() ->
                assertThat(browser.text("#limits tr[data-limit=at_once] .configured"), is("configured: 4")));

        press("Reset the maximum of at_once");
        confirm();
        awaitResult("at_once is 4 again, as configured.");
        assertThat(hash("limits").get(AT_ONCE), is("4"));
        assertThat(
                audit.take(),
                is(List.of(
                        "limits/set max=\"5\" name=\"at_once\" from \"127.0.0.1\": done",
                        "limits/reset name=\"at_once\" from \"127.0.0.1\": done")));
    }

    @Test
    void what_comes_next_can_be_looked_at_and_asked_why_it_waits() {
        load();
        open();

        press("Peek into " + REPORTS);
        await().untilAsserted(() -> assertThat(browser.texts("#peek tbody tr"), hasSize(3)));
        assertThat(browser.texts("#peek [data-label='Waits for']"), everyItem(is("by_user==alice")));
        String first = browser.texts("#peek tbody th").get(0);
        press("Why does " + first + " wait?");

        await().untilAsserted(() -> assertThat(
                browser.text("#why-answer"),
                matchesRegex(
                        "It has waited in thr:queue:reports for [^ ]+ m?s\\. It waits for by_user==alice: 2 of 2 run,"
                                + " held by [0-9a-f]{32} \\([^ ]+ m?s, on [^ ]+\\), [0-9a-f]{32} \\([^ ]+ m?s, on [^ ]+\\)\\."
                                + " And for at_once: 4 of 4 run, held by .*\\."
                                + " It is the next\\. .*")));
        browser.find("#why-request").clear();
        browser.find("#why-request").sendKeys("00000000000000000000000000000000", Keys.ENTER);
        await().untilAsserted(() ->
                assertThat(browser.text("#why-answer"), startsWith("There is none of that id on the bus")));
    }

    @Test
    void dead_letter_is_shown_retried_and_forgotten() {
        String hostile = "{\"<script>window.hacked=1</script>\": }";
        redis.command("LPUSH", REPORTS, hostile);
        await().until(() -> llen(REPORTS + ":dead") == 1);
        open();

        await().untilAsserted(() -> assertThat(browser.texts("#dead tbody tr"), hasSize(1)));
        await().untilAsserted(() -> assertThat(cell(row(REPORTS), "Dead"), is("1")));
        String letter = browser.text("#dead [data-label=Letter]");
        press("Retry letter " + letter);
        confirm();
        awaitResult("Letter " + letter + " is on " + REPORTS + " again.");
        // it is as bad as before
        await().until(() -> llen(REPORTS + ":dead") == 1);

        press("Forget the dead letters of " + REPORTS);
        confirm();
        awaitResult("1 dead letter of " + REPORTS + " is forgotten.");
        assertThat(llen(REPORTS + ":dead"), is(0L));
        await().untilAsserted(() -> assertThat(browser.texts("#dead tbody tr"), is(empty())));
        assertThat(audit.take(), hasSize(2));
    }

    @Test
    void drained_dispatcher_finishes_what_it_runs_and_ends() throws Exception {
        try (Dispatcher third = system.another()) {
            String member = third.member();
            open();
            await().untilAsserted(() -> assertThat(browser.text(".station.members dd"), is("3")));
            String row = "#members tr[data-member='" + member + "'] ";
            await().untilAsserted(() -> assertThat(browser.text(row + ".state"), is("up")));
            assertThat(zcard("members"), is(3L));

            press("Drain " + member);
            assertThat(browser.driver().switchTo().activeElement().getAttribute("id"), is("confirm-no"));
            confirm();
            awaitResult(member + " has been told to finish and end.");

            await().until(() -> redis.command("ZSCORE", "thr:{thr}:members", member) == null);
            await().untilAsserted(() -> assertThat(browser.all(row), is(empty())));
            assertThat(audit.take(), is(List.of("drain member=\"" + member + "\" from \"127.0.0.1\": done")));
        }
    }

    @Test
    void sliders_of_the_demo_are_in_the_demo_only() {
        open();

        assertThat(browser.find("#demo").isDisplayed(), is(false));
    }

    @Test
    void without_the_token_nothing_is_changed_and_the_form_asks_for_it() {
        browser.open(system.pageWithoutToken());
        browser.run("sessionStorage.clear()");
        browser.open(system.pageWithoutToken());
        press("Pause " + REPORTS);
        assertThat(browser.text("#token-title"), is("Token"));
        browser.find("#token-value").sendKeys("a wrong one", Keys.ENTER);
        confirm();
        await().untilAsserted(() -> assertThat(
                browser.text("#result-text"),
                startsWith("Nothing was changed: the token is not that of this program.")));
        assertThat(hash("paused").isEmpty(), is(true));
        assertThat(browser.logged(), everyItem(containsString("401")));

        press("Pause " + REPORTS);
        browser.find("#token-value").sendKeys(Keys.ESCAPE);
        awaitResult("Nothing was changed: no token was given.");
        press("Pause " + REPORTS);
        browser.find("#token-value").sendKeys(LoadedSystem.TOKEN, Keys.ENTER);
        confirm();
        awaitResult(REPORTS + " is paused.");
        press("Resume " + REPORTS);
        confirm();
        awaitResult(REPORTS + " is resumed.");
        assertThat(audit.take(), hasSize(2));
    }

    @Test
    void token_of_the_address_does_not_stay_there() {
        open();

        assertThat(browser.driver().getCurrentUrl(), is(system.pageWithoutToken()));
        assertThat(browser.run("return sessionStorage.getItem('thr.token')"), is(LoadedSystem.TOKEN));
        assertThat(browser.run("return document.cookie + localStorage.length"), is("0"));
    }

    @Test
    void names_that_look_like_markup_stay_text() {
        sendAndSee("/hostile", HOSTILE_USER, 2, 2);
        system.send("/hostile", HOSTILE_USER, 2);
        await().until(() -> zcard("waiting") == 2);
        open();
        click("#limits tr[data-limit=by_user] summary");
        browser.find("#why-request").sendKeys("\"><script>window.hacked=1</script>", Keys.ENTER);
        press("Peek into " + HOSTILE.replace("'", "\\'"));
        await().untilAsserted(() -> assertThat(browser.texts("#peek tbody tr"), hasSize(2)));
        click("#peek-close");
        press("Purge " + HOSTILE);
        assertThat(browser.text("#confirm-title"), is("Purge " + HOSTILE + "?"));
        click("#confirm-no");

        await().untilAsserted(() -> assertThat(browser.text("#why-answer"), startsWith("There is none")));
        assertThat(browser.texts("#queues tbody th > span:nth-of-type(1)"), hasItem(HOSTILE));
        assertThat(browser.text("#limits .counter .id"), is(HOSTILE_USER));
        assertThat(browser.text("#flows [data-label=Share]"), is(HOSTILE_USER));
        assertThat(browser.all("main img, main script, dialog img, dialog script"), is(empty()));
    }

    @Test
    void queue_is_paused_by_the_keyboard_alone() {
        open();
        await().until(() ->
                !browser.all("button[aria-label='Pause " + REPORTS + "']").isEmpty());

        List<String> passed = new ArrayList<>();
        while (!("Pause " + REPORTS).equals(focused()) && passed.size() < 60) {
            browser.driver().switchTo().activeElement().sendKeys(Keys.TAB);
            passed.add(focused());
            assertThat("visible focus on " + focused(), outline(), not(startsWith("0")));
        }
        assertThat(passed, hasItem("Pause " + REPORTS));
        browser.driver().switchTo().activeElement().sendKeys(Keys.ENTER);
        await().untilAsserted(() -> assertThat(browser.find("#confirm").getAttribute("open"), is("true")));
        browser.driver().switchTo().activeElement().sendKeys(Keys.ENTER);
        awaitResult(REPORTS + " is paused.");
        // the focus is where it was, so that the next Enter resumes
        await().untilAsserted(() -> assertThat(focused(), is("Resume " + REPORTS)));
        browser.driver().switchTo().activeElement().sendKeys(Keys.ENTER);
        browser.driver().switchTo().activeElement().sendKeys(Keys.ENTER);
        awaitResult(REPORTS + " is resumed.");
    }

    private static String focused() {
        return String.valueOf(browser.run(
                "const e = document.activeElement; return e.getAttribute('aria-label') ?? e.id ?? e.tagName"));
    }

    private static String outline() {
        return String.valueOf(browser.run("return getComputedStyle(document.activeElement).outlineWidth"));
    }

    @Test
    void nothing_is_wider_than_a_phone() {
        sendAndSee("/hostile", HOSTILE_USER, 2, 2);
        load(2);
        browser.screen(360, 740, true);
        open();
        click("#limits tr[data-limit=by_user] summary");
        await().until(() -> browser.texts("#running tbody tr").size() >= 4);

        assertThat(
                browser.run(
                        "return Array.from(document.querySelectorAll('body *'), e => [e, e.getBoundingClientRect()])"
                                + ".filter(([e, r]) => r.width > 0 && r.right > 360.5 && !e.closest('.canvas'))"
                                + ".map(([e, r]) => e.tagName + '.' + e.className + ' ' + r.right)"),
                is(List.of()));
        assertThat(browser.run("return document.documentElement.scrollWidth"), is(360L));
        press("Purge " + REPORTS);
        assertThat(
                browser.run("return document.getElementById('confirm').getBoundingClientRect().right <= 360"),
                is(true));
        click("#confirm-no");
    }

    private static void load(int already) {
        sendAndSee("/reports", "alice", 2, 2 + already);
        system.send("/reports", "alice", 3);
        await().until(() -> zcard("waiting") == 3);
    }

    @Test
    void texts_have_contrast_in_light_and_in_dark() {
        load();
        redis.command("LPUSH", IMAGES, "no JSON");
        await().until(() -> llen(IMAGES + ":dead") == 1);
        for (String scheme : List.of("light", "dark")) {
            browser.prefer("prefers-color-scheme", scheme);
            open();
            await().untilAsserted(() -> assertThat(browser.texts("#dead tbody tr"), hasSize(1)));
            Object poor = browser.run(Contrast.SCRIPT);
            assertThat(scheme, poor, is(List.of()));
            press("Purge " + REPORTS);
            assertThat(scheme, browser.run(Contrast.SCRIPT), is(List.of()));
            click("#confirm-no");
        }
        Object dark = browser.run("return getComputedStyle(document.documentElement).backgroundColor");
        browser.prefer("prefers-color-scheme", "light");
        assertThat(browser.run("return getComputedStyle(document.documentElement).backgroundColor"), is(not(dark)));
        redis.command("DEL", IMAGES + ":dead");
    }

    @Test
    void nothing_moves_for_those_who_want_that() {
        browser.prefer("prefers-reduced-motion", "reduce");
        load();
        open();

        await().until(() -> !browser.all(".bar .fill").isEmpty());
        assertThat(
                browser.run("return Array.from(document.querySelectorAll('*'), e => getComputedStyle(e))"
                        + ".filter(s => s.transitionProperty !== 'none' && s.transitionDuration !== '0s').length"),
                is(0L));
    }

    @Test
    void page_says_that_the_program_is_away_and_catches_up_when_it_is_back() {
        open();
        sendAndSee("/reports", "alice", 1, 1);
        await().untilAsserted(() -> assertThat(cell(row(REPORTS), "Running"), is("1")));

        Runnable back = system.adminGoes();
        await().atMost(Duration.ofSeconds(15)).untilAsserted(() -> assertThat(browser.text("#link"), is("away")));
        assertThat(
                browser.text("#away"),
                matchesRegex("The program cannot be reached\\. What is shown is of \\d\\d:\\d\\d:\\d\\d\\..*"));
        assertThat(browser.run("return getComputedStyle(document.querySelector('main')).filter"), is("grayscale(1)"));
        await().untilAsserted(() -> assertThat(cell(row(REPORTS), "Running"), is("1")));
        sendAndSee("/reports", "alice", 1, 2);
        back.run();

        await().untilAsserted(() -> assertThat(browser.text("#link"), is("connected")));
        await().untilAsserted(() -> assertThat(cell(row(REPORTS), "Running"), is("2")));
        assertThat(browser.find("#away").isDisplayed(), is(false));
        assertThat(browser.logged(), everyItem(containsString("ERR_CONNECTION_REFUSED")));
    }

    @Test
    void plots_draw_what_has_been_sampled() {
        load();
        open();

        await().untilAsserted(() -> assertThat(browser.all("#plots canvas"), hasSize(4)));
        await().untilAsserted(() -> assertThat(
                browser.texts("#plot-depth .value"),
                allOf(hasItem(containsString(REPORTS + ": 3")), hasItem(containsString(IMAGES + ": 1")))));
        // the sampled queues have their colours in the table, where each can be left out
        click("button[aria-label='Show " + REPORTS + " in the plots']");
        await().untilAsserted(
                        () -> assertThat(browser.texts("#plot-depth .value"), not(hasItem(containsString(REPORTS)))));
    }
}
