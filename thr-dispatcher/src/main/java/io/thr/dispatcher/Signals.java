package io.thr.dispatcher;

import static java.lang.System.Logger.Level.WARNING;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * Hears SIGTERM and SIGINT. The JVM's shutdown hooks would do for the first one, but the process then ends with 143 and
 * nobody hears the second one. {@code sun.misc.Signal} is the only other way, and javac takes it for an error here, so
 * it is called by reflection.
 */
public final class Signals {

    private static final System.Logger LOG = System.getLogger(Signals.class.getName());

    private Signals() {}

    /** Calls it, on a thread of its own, for each signal that asks the process to end. */
    public static void onStop(Runnable action) {
        for (String name : List.of("TERM", "INT")) {
            try {
                handle(name, action);
            } catch (ClassNotFoundException | NoSuchMethodException | IllegalAccessException e) {
                LOG.log(WARNING, "signals cannot be handled, so that a stop is not a clean one: {0}", e.toString());
                return;
            } catch (InvocationTargetException e) {
                // For example under -Xrs, or where a debugger has the signal
                LOG.log(WARNING, "SIG{0} cannot be handled: {1}", name, e.getCause());
            }
        }
    }

    private static void handle(String name, Runnable action)
            throws ClassNotFoundException, NoSuchMethodException, IllegalAccessException, InvocationTargetException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        Object proxy = Proxy.newProxyInstance(
                handler.getClassLoader(), new Class<?>[] {handler}, (self, method, args) -> switch (method.getName()) {
                    case "hashCode" -> System.identityHashCode(self);
                    case "equals" -> self == args[0];
                    case "toString" -> "stop on SIG" + name;
                    default -> {
                        action.run();
                        yield null;
                    }
                });
        Object one;
        try {
            one = signal.getConstructor(String.class).newInstance(name);
        } catch (InstantiationException e) {
            throw new IllegalStateException("sun.misc.Signal is abstract", e);
        }
        signal.getMethod("handle", signal, handler).invoke(null, one, proxy);
    }
}
