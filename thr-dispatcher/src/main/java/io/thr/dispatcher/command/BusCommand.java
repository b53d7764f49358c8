package io.thr.dispatcher.command;

import com.fasterxml.jackson.core.JsonGenerator;
import io.thr.admin.BusJson;
import io.thr.core.config.ConfigException;
import io.thr.core.redis.BusControl;
import io.thr.core.redis.BusReader;
import io.thr.core.redis.Redis;
import io.thr.core.redis.RedisException;
import io.thr.core.redis.RedisKeys;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.core.redis.RedisUrl;
import io.thr.dispatcher.config.ConfigurationSource;
import io.thr.dispatcher.config.DispatcherSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What all commands have in common: which bus, and how to answer. A command ends with 0, with 1 where there is no such thing or
 * Redis cannot be asked, and with 2 for a wrong command line or configuration.
 */
abstract class BusCommand implements Callable<Integer> {

    /** How long Redis may take for all that a command asks. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The dispatcher's file, which says where the queues are and what the bus is called.")
    private @Nullable Path config;

    @Option(
            names = "--redis",
            paramLabel = "URL",
            description = "Where the queues are, instead (redis://127.0.0.1:6379).")
    private @Nullable String redis;

    @Option(names = "--bus", paramLabel = "NAME", description = "The name of the bus, instead (thr).")
    private @Nullable String bus;

    @Option(names = "--json", description = "Answer in JSON, for scripts.")
    private boolean json;

    /** A connected bus. */
    record Bus(BusReader reader, BusControl control) {}

    /** Does it, and gives the status to end with. */
    abstract int run(Bus bus) throws Exception;

    @Override
    public final Integer call() throws Exception {
        RedisUrl url;
        RedisKeys keys;
        try {
            DispatcherSettings settings =
                    config == null ? null : new ConfigurationSource(config, System.getenv()).read();
            url = url(settings);
            keys = new RedisKeys(
                    bus != null ? bus : settings == null ? DispatcherSettings.DEFAULT_BUS : settings.bus());
        } catch (ConfigException e) {
            err().println(e.getMessage());
            return ExitCode.USAGE;
        }
        try (Redis connected = Redis.connect(url, "thr-command")) {
            return run(new Bus(new BusReader(connected, keys), new BusControl(connected, keys)));
        } catch (RedisUnavailableException | RedisException e) {
            err().println(Plain.text(String.valueOf(e.getMessage())));
            return ExitCode.SOFTWARE;
        }
    }

    private RedisUrl url(@Nullable DispatcherSettings settings) {
        if (redis == null) {
            return settings == null ? RedisUrl.parse(DispatcherSettings.DEFAULT_REDIS) : settings.redis();
        }
        RedisUrl url;
        try {
            url = RedisUrl.parse(redis);
        } catch (IllegalArgumentException e) {
            throw wrong("--redis: " + e.getMessage());
        }
        if (url.isEmbedded()) {
            throw wrong("--redis: embedded (expected: a server that runs)");
        }
        return url;
    }

    /** A mistake on the command line. */
    ParameterException wrong(String message) {
        return new ParameterException(spec().commandLine(), message);
    }

    /** Waits for Redis. */
    static <T> T get(CompletableFuture<T> asked) throws InterruptedException {
        try {
            return asked.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new RedisUnavailableException("redis: no answer within " + PATIENCE.toSeconds() + " s", true, e);
        }
    }

    boolean isJson() {
        return json;
    }

    /** What is written of an object in JSON. */
    interface Members {
        void write(JsonGenerator json) throws IOException;
    }

    /** Answers with one object. */
    void printJson(Members members) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator generator = BusJson.generator(bytes)) {
            generator.useDefaultPrettyPrinter();
            generator.writeStartObject();
            members.write(generator);
            generator.writeEndObject();
        }
        out().println(bytes.toString(StandardCharsets.UTF_8));
    }

    /** Says what came of a change. */
    int done(boolean done, String yes, String no) throws IOException {
        if (json) {
            printJson(generator -> generator.writeBooleanField("done", done));
        } else if (done) {
            out().println(Plain.text(yes));
        } else {
            err().println(Plain.text(no));
        }
        return done ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    PrintWriter out() {
        return spec().commandLine().getOut();
    }

    PrintWriter err() {
        return spec().commandLine().getErr();
    }

    private CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("the command line has not been read");
        }
        return spec;
    }
}
