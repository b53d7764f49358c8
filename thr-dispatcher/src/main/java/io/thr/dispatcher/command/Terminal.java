package io.thr.dispatcher.command;

import java.io.Console;
import org.jspecify.annotations.Nullable;

/** The terminal of somebody who sits in front of this program. */
final class Terminal {

    private Terminal() {}

    /** That of input and output; null where there is none. */
    @SuppressWarnings("SystemConsoleNull") // before JDK 22 null says that there is none, from then on isTerminal() does
    static @Nullable Console find() {
        Console console = System.console();
        return console != null && isTerminal(console) ? console : null;
    }

    private static boolean isTerminal(Console console) {
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
