package io.thr.core.redis;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Commands that go together, one after the other with none of another call between them on their connection, and the
 * future that ends with their replies.
 *
 * @param <T> what the replies are read as
 */
final class Call<T> {

    private final RedisUrl server;
    private final String step;
    private final List<Command> commands;
    private final @Nullable LuaScript script;
    private final Function<List<Object>, T> reading;
    private final Patience patience;
    private final long submittedNanos;
    private final CompletableFuture<T> future;
    private final int size;

    private Call(
            RedisUrl server,
            String step,
            List<Command> commands,
            @Nullable LuaScript script,
            Function<List<Object>, T> reading,
            Patience patience,
            long submittedNanos,
            CompletableFuture<T> future) {
        this.server = server;
        this.step = step;
        this.commands = commands;
        this.script = script;
        this.reading = reading;
        this.patience = patience;
        this.submittedNanos = submittedNanos;
        this.future = future;
        int bytes = 0;
        for (Command command : commands) {
            bytes += command.size();
        }
        this.size = bytes;
    }

    /** Commands as they are; the reading sees their replies in the same order, and none of them is an error. */
    static <T> Call<T> of(
            RedisUrl server, List<Command> commands, Patience patience, Function<List<Object>, T> reading) {
        return new Call<>(
                server,
                commands.get(0).step(),
                commands,
                null,
                reading,
                patience,
                System.nanoTime(),
                new CompletableFuture<>());
    }

    /** One call of a script. */
    static <T> Call<T> of(
            RedisUrl server, LuaScript script, Command call, Patience patience, Function<Object, T> reading) {
        return new Call<>(
                server,
                script.name(),
                List.of(call),
                script,
                replies -> reading.apply(replies.get(0)),
                patience,
                System.nanoTime(),
                new CompletableFuture<>());
    }

    List<Command> commands() {
        return commands;
    }

    CompletableFuture<T> future() {
        return future;
    }

    /** About how many bytes it takes on the wire. */
    int size() {
        return size;
    }

    /** When it was made. */
    long submittedNanos() {
        return submittedNanos;
    }

    /** Whether it would rather fail at once than wait for a server that is known to be away. */
    boolean impatient() {
        return patience.unsent() == null;
    }

    /** Whether it has waited long enough for a server that has been away since then. */
    boolean expired(long nowNanos, long awaySinceNanos, long shortPatienceNanos) {
        if (patience.unsent() == null) {
            return nowNanos - Math.max(submittedNanos - awaySinceNanos, 0) - awaySinceNanos >= shortPatienceNanos;
        }
        return nowNanos - submittedNanos >= patience.unsent().toNanos();
    }

    /** Whether it may be sent again although it may have been done. */
    boolean repeatable() {
        return patience.repeatable();
    }

    /** The call to make instead because the server did not know the script; null where that is not what happened. */
    @Nullable
    Call<T> withScriptText(List<Object> replies) {
        if (script == null || !script.isUnknown(replies.get(0))) {
            return null;
        }
        List<Command> withText = List.of(script.withText(commands.get(0)));
        return new Call<>(server, step, withText, null, reading, patience, submittedNanos, future);
    }

    /** Ends the future by the replies. */
    void complete(List<Object> replies) {
        for (Object reply : replies) {
            if (reply instanceof JedisDataException error) {
                future.completeExceptionally(RedisErrors.replied(server, step, error));
                return;
            }
        }
        T value;
        try {
            value = reading.apply(replies);
        } catch (JedisDataException e) {
            future.completeExceptionally(RedisErrors.replied(server, step, e));
            return;
        } catch (RuntimeException e) {
            future.completeExceptionally(e);
            return;
        }
        future.complete(value);
    }

    /** Ends the future without replies. */
    void fail(String why, boolean maybeDone, @Nullable Throwable cause) {
        future.completeExceptionally(
                new RedisUnavailableException(server + ": " + step + ": " + why, maybeDone, cause));
    }
}
