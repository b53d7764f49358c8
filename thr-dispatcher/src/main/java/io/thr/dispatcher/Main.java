package io.thr.dispatcher;

import io.thr.core.config.ConfigException;
import io.thr.core.config.Quantity;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.core.redis.RedisUrl;
import io.thr.dispatcher.command.BusCommands;
import io.thr.dispatcher.config.ConfigurationSource;
import io.thr.dispatcher.config.DispatcherConfig;
import io.thr.dispatcher.config.DispatcherSettings;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The dispatcher as a program. It ends with 2 for a wrong command line or configuration, with 1 for a failure at run
 * time, and with 0 after a clean stop. SIGTERM or SIGINT stops it; a second one ends it at once.
 */
@Command(
        name = "java -jar thr-dispatcher.jar",
        description = "Takes requests off queues in Redis, calls the upstream, and answers the fronts that wait.",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class)
public final class Main implements Callable<Integer> {

    private static final int FAILED = 1;
    private static final int WRONG_CONFIGURATION = 2;

    /** 128 and the number of SIGTERM, as the shell has it. */
    private static final int ENDED_BY_SIGNAL = 143;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The YAML file to work by, or a .java file with a class that implements"
                    + " DispatcherSettingsProvider.")
    private @Nullable Path config;

    @Option(
            names = "--redis",
            paramLabel = "URL",
            description =
                    "Where the queues are, instead of what the file says: redis://[user:password@]host[:port][/db],"
                            + " rediss://…, unix:///path or embedded.")
    private @Nullable String redis;

    @Option(names = "--timeout", paramLabel = "TIME", description = "How long an upstream may take (300s).")
    private @Nullable String timeout;

    @Option(
            names = "--max-lifetime",
            paramLabel = "TIME",
            description = "How old a request may be when it is sent upstream (300s).")
    private @Nullable String maxLifetime;

    @Option(
            names = "--stats-file",
            paramLabel = "PATH",
            description = "Where it shows what is going on (/tmp/redis2http_stats.json).")
    private @Nullable Path statsFile;

    @Option(
            names = "--stats-frequency-ms",
            paramLabel = "MS",
            description = "How often that file is written (2000); 0: never.")
    private @Nullable Integer statsFrequencyMs;

    @Option(names = "--add-thr-extra-headers", description = "Send X-Thr-Bus, the address of Redis, to the upstream.")
    private boolean addThrExtraHeaders;

    @Option(
            names = "--admin-port",
            paramLabel = "N",
            description =
                    "Show what is going on at this port of the machine itself, and let it be changed; 0: any free one.")
    private @Nullable Integer adminPort;

    @Option(names = "--check", description = "Only check the configuration.")
    private boolean check;

    @Option(names = "--schema", description = "Only print the JSON Schema of the YAML file, for editors.")
    private boolean schema;

    private @Nullable ConfigurationSource source;

    private Main() {}

    /** Runs the program and ends the process. */
    public static void main(String[] args) {
        Logging.setUp();
        CommandLine program = new CommandLine(new Main());
        BusCommands.addTo(program);
        program.setExecutionStrategy(parsed -> {
            if (parsed.hasSubcommand()) {
                Logging.quiet();
            }
            return new CommandLine.RunLast().execute(parsed);
        });
        int status = program.execute(args);
        System.exit(status);
    }

    /** Runs the program, and gives the status to end the process with. */
    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = commandLine().getErr();
        if (schema) {
            commandLine().getOut().print(DispatcherConfig.schema());
            commandLine().getOut().flush();
            return 0;
        }
        DispatcherSettings settings;
        try {
            settings = settings();
        } catch (ConfigException e) {
            err.println(e.getMessage());
            return WRONG_CONFIGURATION;
        }
        if (check) {
            commandLine().getOut().println(config + " is fine");
            return 0;
        }
        try {
            return run(settings);
        } catch (RedisUnavailableException | UncheckedIOException e) {
            err.println(e.getMessage());
            return FAILED;
        } catch (IllegalArgumentException e) { // a file that a setting names cannot be used
            err.println(e.getMessage());
            return WRONG_CONFIGURATION;
        }
    }

    private Integer run(DispatcherSettings settings) throws InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        AtomicBoolean asked = new AtomicBoolean();
        Signals.onStop(() -> {
            if (asked.getAndSet(true)) {
                Runtime.getRuntime().halt(ENDED_BY_SIGNAL);
            }
            stop.countDown();
        });
        try (Dispatcher dispatcher = Dispatcher.start(settings)) {
            dispatcher.watch(source()::files, this::settings);
            dispatcher.onDrain(stop::countDown);
            commandLine().getOut().println("redis2http started");
            stop.await();
        }
        return 0;
    }

    private DispatcherSettings settings() {
        DispatcherSettings.Builder settings = source().read().edit();
        if (redis != null) {
            settings.redis(option("--redis", redis, RedisUrl::parse));
        }
        if (timeout != null) {
            settings.timeout(option("--timeout", timeout, Quantity::duration));
        }
        if (maxLifetime != null) {
            settings.maxLifetime(option("--max-lifetime", maxLifetime, Quantity::duration));
        }
        if (statsFile != null) {
            settings.statsFile(statsFile);
        }
        if (statsFrequencyMs != null) {
            settings.statsEvery(Duration.ofMillis(statsFrequencyMs));
        }
        if (addThrExtraHeaders) {
            settings.addThrExtraHeaders(true);
        }
        try {
            if (adminPort != null) {
                settings.adminPort(adminPort);
            }
            return settings.build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(commandLine(), e.getMessage(), e);
        }
    }

    private <T> T option(String name, String value, Function<String, T> reader) {
        try {
            return reader.apply(value);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(commandLine(), name + ": " + e.getMessage(), e);
        }
    }

    private ConfigurationSource source() {
        if (source == null) {
            if (config == null) {
                throw new ParameterException(commandLine(), "Missing required option: '--config=FILE'");
            }
            source = new ConfigurationSource(config, System.getenv());
        }
        return source;
    }

    private CommandLine commandLine() {
        if (spec == null) {
            throw new IllegalStateException("the command line has not been read");
        }
        return spec.commandLine();
    }

    /** The version in the jar's manifest. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"thr-dispatcher " + (version == null ? "(not from a jar)" : version)};
        }
    }
}
