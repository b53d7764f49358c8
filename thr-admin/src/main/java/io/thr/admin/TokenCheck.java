package io.thr.admin;

import static java.lang.System.Logger.Level.WARNING;

import io.thr.core.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Whether a request has the token. Threads may share it.
 *
 * <p>A wrong one is answered a second later, so that a connection can try one in a second; so many may wait for their answer at a
 * time, and more are answered at once. The right one is never kept waiting.
 */
final class TokenCheck implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(TokenCheck.class.getName());

    private static final long DELAY_MILLIS = 1000;
    private static final int MOST_DELAYED = 256;
    private static final long LOGGED_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final String SCHEME = "Bearer ";

    private final byte @Nullable [] expected;
    private final ScheduledExecutorService timer;
    private final Set<Runnable> delayed = ConcurrentHashMap.newKeySet();
    private final AtomicLong wrong = new AtomicLong();
    private final AtomicLong loggedNanos = new AtomicLong(System.nanoTime() - LOGGED_EVERY_NANOS);

    /** For that token; null: nobody has it. */
    TokenCheck(@Nullable Secret token, ScheduledExecutorService timer) {
        this.expected = token == null ? null : hash(token.text());
        this.timer = timer;
    }

    /** Whether there is one. */
    boolean isSet() {
        return expected != null;
    }

    /** The answer to a request without the token; nothing where it has it. */
    Optional<CompletableFuture<AdminResponse>> refusal(AdminRequest request) {
        if (expected == null) {
            return Optional.of(CompletableFuture.completedFuture(AdminResponse.problem(
                    403,
                    "Forbidden",
                    "this needs a token, and none is configured: set admin.token in the program's file, and send it as"
                            + " Authorization: Bearer …")));
        }
        String given = request.field("Authorization");
        if (given == null) {
            return Optional.of(CompletableFuture.completedFuture(unauthorized("this needs the token")));
        }
        boolean isBearer = given.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
        // hashes are of one length, so the time that it takes tells nothing of the token's
        if (isBearer && MessageDigest.isEqual(hash(given.substring(SCHEME.length())), expected)) {
            return Optional.empty();
        }
        count(request.peer());
        return Optional.of(later(unauthorized("the token is wrong")));
    }

    private static AdminResponse unauthorized(String detail) {
        return AdminResponse.problem(401, "Unauthorized", detail).with("WWW-Authenticate", "Bearer");
    }

    private static byte[] hash(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private void count(String peer) {
        long times = wrong.incrementAndGet();
        long now = System.nanoTime();
        long last = loggedNanos.get();
        if (now - last >= LOGGED_EVERY_NANOS && loggedNanos.compareAndSet(last, now)) {
            LOG.log(WARNING, "a wrong admin token from {0}; {1} in all", AuditLog.quoted(peer), times);
        }
    }

    private CompletableFuture<AdminResponse> later(AdminResponse answer) {
        if (delayed.size() >= MOST_DELAYED) {
            return CompletableFuture.completedFuture(answer);
        }
        CompletableFuture<AdminResponse> future = new CompletableFuture<>();
        Runnable release = () -> future.complete(answer);
        delayed.add(release);
        try {
            var unused = timer.schedule(
                    () -> {
                        delayed.remove(release);
                        release.run();
                    },
                    DELAY_MILLIS,
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) { // it is being closed
            release.run();
        }
        return future;
    }

    /** Answers those that wait. */
    @Override
    public void close() {
        delayed.forEach(Runnable::run);
    }
}
