package io.thr.demo;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** The browser of whoever sits before this machine, where somebody does. */
final class Browser {

    private Browser() {}

    /** Whether there is a screen that a browser could be shown on. */
    static boolean hasDisplay(Map<String, String> environment, String system) {
        return switch (kind(system)) {
            case WINDOWS -> true;
            // a session over ssh is somewhere else than the screen
            case MAC -> !environment.containsKey("SSH_CONNECTION");
            case OTHER -> environment.containsKey("DISPLAY") || environment.containsKey("WAYLAND_DISPLAY");
        };
    }

    /** Opens it at that address, or does nothing where there is none. */
    static void open(String url) {
        List<String> command = switch (kind(System.getProperty("os.name"))) {
            case WINDOWS -> List.of("rundll32", "url.dll,FileProtocolHandler", url);
            case MAC -> List.of("open", url);
            case OTHER -> List.of("xdg-open", url);
        };
        if (command.get(0).equals("xdg-open") && !isOnPath("xdg-open")) {
            return;
        }
        try {
            new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException none) {
            System.getLogger(Browser.class.getName())
                    .log(System.Logger.Level.DEBUG, "no browser: {0}", none.getMessage());
        }
    }

    private static boolean isOnPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private enum Kind {
        WINDOWS,
        MAC,
        OTHER
    }

    private static Kind kind(String system) {
        String name = system.toLowerCase(Locale.ROOT);
        return name.startsWith("windows") ? Kind.WINDOWS : name.startsWith("mac") ? Kind.MAC : Kind.OTHER;
    }
}
