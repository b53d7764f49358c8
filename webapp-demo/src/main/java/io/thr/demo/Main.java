package io.thr.demo;

import io.thr.core.config.ConfigException;
import io.thr.core.redis.RedisUnavailableException;
import io.thr.core.redis.RedisUrl;
import io.thr.dispatcher.Logging;
import io.thr.filter.config.FilterConfig;
import io.thr.filter.config.FilterSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command line of the ready-made front. Exit status: 0 after a clean stop, 1 for a failure at run time, 2 for a
 * wrong command line or configuration.
 */
@Command(
        name = "java -jar webapp-demo.jar",
        description = {
            "Accepts HTTP requests, matches them against rules, and lets them wait in Redis until a dispatcher has "
                    + "answered them.",
            ""
        },
        subcommands = DemoCommand.class,
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        footer = {"", "`demo` starts everything in this one process: java -jar webapp-demo.jar demo"})
public final class Main implements Callable<Integer> {

    static final String DEFAULT_QUEUE = "thr:queue:default";

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "YAML file with settings and rules, or a .java file with a class that implements RulesProvider; "
                            + "without it every request goes to the default queue")
    private @Nullable Path config;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8888",
            converter = PortConverter.class,
            description = "TCP port (${DEFAULT-VALUE}); 0: none where --unix-socket is given, else any free one")
    private int port;

    @Option(
            names = "--unix-socket",
            paramLabel = "PATH",
            description = "listen on this unix-domain socket too; removed at the end")
    private @Nullable Path unixSocket;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "how long a request waits for its response, e.g. 300s, 5m, 500ms (the file's, else 300s)")
    private @Nullable Duration timeout;

    @Option(
            names = "--redis",
            paramLabel = "URL",
            converter = RedisUrlConverter.class,
            description = "redis://[user:password@]host[:port][/db], rediss://..., unix:///path or embedded "
                    + "(the file's, else redis://127.0.0.1:6379)")
    private @Nullable RedisUrl redis;

    @Option(
            names = "--redis-queue",
            paramLabel = "QUEUE",
            description = "the queue of requests for which no rule sets one (the file's, else " + DEFAULT_QUEUE + ")")
    private @Nullable String queue;

    @Option(
            names = "--admin-port",
            paramLabel = "N",
            converter = PortConverter.class,
            description = "show the state of the bus at this port of the machine itself, and let it be changed by who "
                    + "has the token; 0: any free one (the file's, else none)")
    private @Nullable Integer adminPort;

    @Option(names = "--check", description = "only check the configuration, then exit")
    private boolean check;

    @Option(names = "--schema", description = "only print the JSON Schema of the YAML file, for editors")
    private boolean schema;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private Main() {}

    /** Runs the front, or the demo, and exits. */
    public static void main(String[] args) {
        Logging.setUp();
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main()).setExecutionExceptionHandler((failure, commandLine, parsed) -> {
            if (failure instanceof ConfigException) {
                commandLine.getErr().println(failure.getMessage());
                return CommandLine.ExitCode.USAGE;
            }
            if (failure instanceof RedisUnavailableException || failure instanceof IOException) {
                commandLine.getErr().println(failure.getMessage());
                return CommandLine.ExitCode.SOFTWARE;
            }
            throw failure;
        });
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (schema) {
            spec.commandLine().getOut().print(FilterConfig.schema());
            spec.commandLine().getOut().flush();
            return 0;
        }
        FilterSettings settings = settings();
        if (check) {
            spec.commandLine().getOut().println((config == null ? "the command line" : config) + ": ok");
            return 0;
        }
        Listen listen = new Listen(port, unixSocket);
        try (Front front = Front.start(settings, listen)) {
            CleanEnd.onSignal(front::close);
            System.out.println("Start http2redis on " + front.url());
            if (front.adminUrl() != null) {
                System.out.println("Admin port: " + front.adminUrl());
            }
            front.awaitEnd();
        }
        return 0;
    }

    /** What the file says, overridden by what the command line says. */
    private FilterSettings settings() {
        FilterSettings settings =
                config == null ? FilterSettings.defaults() : FilterConfig.read(config, System.getenv());
        if (redis != null) {
            settings = settings.withRedis(redis);
        }
        if (timeout != null) {
            settings = settings.withTimeout(timeout);
        }
        if (queue != null) {
            settings = settings.withDefaultQueue(queue);
        }
        if (adminPort != null) {
            settings = withAdminPort(settings, adminPort);
        }
        return settings.defaultQueue() == null ? settings.withDefaultQueue(DEFAULT_QUEUE) : settings;
    }

    private FilterSettings withAdminPort(FilterSettings settings, int port) {
        try {
            return settings.edit().admin(settings.admin().withPort(port)).build();
        } catch (IllegalArgumentException e) { // the file's host needs a token then
            throw new ParameterException(spec.commandLine(), "--admin-port: " + e.getMessage(), e);
        }
    }
}
