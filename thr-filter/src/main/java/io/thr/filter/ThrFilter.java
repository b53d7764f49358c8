package io.thr.filter;

import io.thr.core.config.ConfigException;
import io.thr.core.config.FileVersions;
import io.thr.core.config.FileWatch;
import io.thr.core.redis.OwnThreads;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.filter.config.FilterSettings;
import io.thr.filter.config.SettingsChange;
import io.thr.filter.http.Answer;
import io.thr.filter.http.Passed;
import io.thr.filter.http.Problem;
import io.thr.filter.http.ResponseWriter;
import io.thr.filter.rate.RateCounts;
import io.thr.filter.rule.RequestView;
import io.thr.filter.rule.RuleList;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/**
 * Matches requests against rules and passes, rewrites, answers or queues them.
 *
 * <p>Four ways to use it, in any Servlet 6 container, all with the dispatcher types REQUEST and ASYNC:
 *
 * <ul>
 *   <li>by a file {@code WEB-INF/thr.yaml} in the web application, and nothing else: see {@link ThrInitializer};
 *   <li>in {@code web.xml}, with the init parameter {@code config} naming a YAML file: a path, or a resource of the web
 *       application such as {@code /WEB-INF/front.yaml};
 *   <li>as a subclass annotated {@code @WebFilter(urlPatterns = "/*", asyncSupported = true, dispatcherTypes = {REQUEST,
 *       ASYNC})}, with the same init parameter or {@link #settings()} overridden, and {@link #rules(RuleList)} for rules
 *       in Java;
 *   <li>by code, with {@link #ThrFilter(FilterSettings)}.
 * </ul>
 *
 * <p>A request whose rules choose no queue goes to the application, rewritten where rules say so. One whose rules choose
 * a queue is suspended: it waits in Redis, holds no thread, and gets the response that a dispatcher puts on this node's
 * response key. Where the chain is not async-supported, it waits on its thread; there is a bound on those, {@code
 * max_blocked_threads}.
 *
 * <p>Without Redis it starts all the same, and goes on trying to connect; what becomes of requests meanwhile says {@code
 * on_redis_failure}.
 *
 * <p>A file that is changed is read again, and rules and rate policies take effect within a second, all together; what has
 * been counted stays counted. One with mistakes changes nothing, and is logged with all of them. {@link #reload()} and {@link
 * #reload(FilterSettings)} do the same at once. {@link SettingsChange} says what has to wait for the next start.
 *
 * <p>Threads may share it, as containers do.
 */
public class ThrFilter implements Filter {

    /** The attribute of an application that has its filter; of several, that which has begun first. */
    static final String ATTRIBUTE = ThrFilter.class.getName();

    private static final Logger LOG = System.getLogger(ThrFilter.class.getName());

    private final @Nullable FilterSettings given;
    private final String passedAttribute = ThrFilter.class.getName() + ".passed." + System.identityHashCode(this);
    private final OwnThreads watchers = new OwnThreads("thr-configuration");
    private volatile @Nullable Entrance entrance;
    // guarded by this
    private @Nullable ConfigurationSource source;
    private @Nullable Node node;
    private @Nullable ServletContext context;
    private @Nullable ScheduledThreadPoolExecutor watching;

    /** For containers, and for subclasses that are configured by init parameter or {@link #settings()}. */
    public ThrFilter() {
        this.given = null;
    }

    /** Configured by code. */
    public ThrFilter(FilterSettings settings) {
        this.given = settings;
    }

    /**
     * The settings of a subclass that is configured in Java; null, the default, where the init parameter {@code config}
     * names a file. Called at the start and by {@link #reload()}.
     */
    protected @Nullable FilterSettings settings() {
        return null;
    }

    /**
     * Adds rules in Java after those of the settings. The default adds none. Called at the start and whenever a configuration
     * is read.
     */
    protected void rules(RuleList rules) {}

    /**
     * Reads the configuration and connects to Redis, where there is one.
     *
     * @throws ServletException where the configuration is wrong; its message lists every mistake found
     */
    @Override
    public void init(jakarta.servlet.FilterConfig config) throws ServletException {
        try {
            start(config);
        } catch (ConfigException | RedisUnavailableException e) {
            throw new ServletException(e.getMessage(), e);
        }
    }

    private synchronized void start(jakarta.servlet.FilterConfig config) throws ServletException {
        FilterSettings configured = inJava();
        FileVersions versions = null;
        if (configured == null) {
            ConfigurationSource found = ConfigurationSource.of(config);
            FileVersions before = FileVersions.of(found.files());
            configured = found.read();
            versions = before.and(FileVersions.of(found.files()));
            source = found;
        }
        FilterSettings settings = withOwnRules(configured);
        Node started = new Node(settings, isAlone(config));
        try {
            entrance = new Entrance(settings, started, passedAttribute);
        } catch (RuntimeException e) {
            started.close();
            throw e;
        }
        node = started;
        ServletContext found = config.getServletContext();
        if (found.getAttribute(ATTRIBUTE) == null) {
            found.setAttribute(ATTRIBUTE, this);
            context = found;
        }
        if (source != null && versions != null && !source.files().isEmpty()) {
            watch(source, versions);
        }
    }

    private @Nullable FilterSettings inJava() {
        return given == null ? settings() : given;
    }

    private FilterSettings withOwnRules(FilterSettings configured) {
        RuleList list = new RuleList();
        configured.rules().list().forEach(list::add);
        rules(list);
        return configured.withRules(list.compile());
    }

    // under this
    private void watch(ConfigurationSource watched, FileVersions versions) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, watchers);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        watching = executor;
        // it ends with its executor
        new FileWatch(watched::files, versions, () -> readAgain(watched), executor).start();
    }

    private void readAgain(ConfigurationSource changed) {
        try {
            putInForce(changed.read());
            LOG.log(Level.INFO, "{0}: has been changed, and is in force", changed);
        } catch (RuntimeException | LinkageError e) { // rules in Java may throw whatever they like
            boolean isMistake = e instanceof ConfigException || e instanceof IllegalArgumentException;
            String text = changed + ": has been changed, and is wrong; what was in force stays so:\n" + e.getMessage();
            LOG.log(Level.WARNING, text, isMistake ? null : e);
        }
    }

    /** Whether the application has no other filter. */
    private static boolean isAlone(jakarta.servlet.FilterConfig config) {
        try {
            return config.getServletContext().getFilterRegistrations().size() <= 1;
        } catch (UnsupportedOperationException | IllegalStateException e) {
            LOG.log(Level.DEBUG, "the container does not tell of its filters", e);
            return false;
        }
    }

    /**
     * Reads the configuration again, from wherever it came at the start, and puts it in force. Requests that are on their way
     * end as they have begun.
     *
     * @throws ConfigException with every mistake that was found; nothing has changed then
     * @throws IllegalStateException where the filter does not run
     */
    public void reload() {
        ConfigurationSource from;
        synchronized (this) {
            from = source;
        }
        FilterSettings inJava = from == null ? inJava() : null;
        if (inJava != null) {
            putInForce(inJava);
        } else if (from != null) {
            putInForce(from.read());
        } else {
            throw new IllegalStateException("the filter does not run");
        }
    }

    /**
     * Puts other settings in force: those of {@link SettingsChange} at once, what else has changed is named in the log.
     * Requests that are on their way end as they have begun. Rules of {@link #rules(RuleList)} are added.
     *
     * @throws IllegalArgumentException where rules contradict each other; nothing has changed then
     * @throws IllegalStateException where the filter does not run
     */
    public void reload(FilterSettings settings) {
        putInForce(settings);
    }

    private synchronized void putInForce(FilterSettings found) {
        Entrance before = entrance;
        Node running = node;
        if (before == null || running == null) {
            throw new IllegalStateException("the filter does not run");
        }
        SettingsChange change = SettingsChange.of(before.settings(), withOwnRules(found));
        running.exchanges().apply(change.inForce());
        entrance = new Entrance(change.inForce(), running, passedAttribute);
        if (!change.atNextStart().isEmpty()) {
            LOG.log(Level.WARNING, "takes effect at the next start: {0}", String.join(", ", change.atNextStart()));
        }
    }

    /** Waits for suspended exchanges up to the grace time, ends the rest with 503. */
    @Override
    public void destroy() {
        Node stopped;
        ScheduledThreadPoolExecutor watched;
        synchronized (this) {
            stopped = node;
            node = null;
            entrance = null;
            if (context != null) {
                context.removeAttribute(ATTRIBUTE);
                context = null;
            }
            watched = watching;
        }
        if (watched != null) {
            watchers.end(watched);
        }
        if (stopped != null) {
            stopped.close();
        }
    }

    /** How many exchanges are suspended now, for health pages and graceful stops. */
    public int suspended() {
        Node running = running();
        return running == null ? 0 : running.suspended();
    }

    /** Whether Redis can be reached now, as far as is known; false where the filter does not run. For health pages. */
    public boolean isConnected() {
        Node running = running();
        return running != null && running.exchanges().isUp();
    }

    /** How often each rate policy has said what on this node; empty where there is none. */
    public Map<String, RateCounts.Count> rateCounts() {
        Node running = running();
        return running == null ? Map.of() : running.rateCounts();
    }

    /** Null where it does not run. */
    synchronized @Nullable Node running() {
        return node;
    }

    /** Those in force; null where it does not run. */
    @Nullable
    FilterSettings inForce() {
        Entrance now = entrance;
        return now == null ? null : now.settings();
    }

    /**
     * Tells what would become of a request: which rules match, which rate policies it comes under, under which keys, and how
     * they stand. Nothing is charged and nothing is queued. Functions of rules are called, as for a real request.
     *
     * @return fails where Redis or a function does, or the filter does not run
     */
    public CompletableFuture<Explanation> explain(RequestView request) {
        Entrance now = entrance;
        return now == null
                ? CompletableFuture.failedFuture(new IllegalStateException("the filter does not run"))
                : now.explain(request);
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!(request instanceof HttpServletRequest http) || !(response instanceof HttpServletResponse answer)) {
            chain.doFilter(request, response);
            return;
        }
        Object kept = request.getAttribute(passedAttribute);
        if (request.getDispatcherType() != DispatcherType.REQUEST || kept != null) {
            // it was decided at the first dispatch; a container may call a filter once for each of its mappings, too
            Passed.again(kept, http, answer, chain);
            return;
        }
        Entrance now = entrance;
        if (now == null) {
            Problem stopping = Problem.unavailable("the server is stopping", RequestId.next());
            ResponseWriter.write(answer, http.getMethod(), Answer.of(stopping, http));
            return;
        }
        now.decide(http, answer, chain);
    }
}
