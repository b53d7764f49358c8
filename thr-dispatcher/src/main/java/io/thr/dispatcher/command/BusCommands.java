package io.thr.dispatcher.command;

import picocli.CommandLine;

/** All of them. */
public final class BusCommands {

    private BusCommands() {}

    /** Adds them to the program's command line. */
    public static void addTo(CommandLine program) {
        program.addSubcommand(new TopCommand())
                .addSubcommand(new StatsCommand())
                .addSubcommand(new WhyCommand())
                .addSubcommand(new QueuesCommand())
                .addSubcommand(new PeekCommand())
                .addSubcommand(new PauseCommand())
                .addSubcommand(new ResumeCommand())
                .addSubcommand(new PurgeCommand())
                .addSubcommand(new LimitsCommand())
                .addSubcommand(new DeadCommand())
                .addSubcommand(new RetryCommand())
                .addSubcommand(new MembersCommand())
                .addSubcommand(new DrainCommand());
    }
}
