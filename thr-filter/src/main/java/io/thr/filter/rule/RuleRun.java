package io.thr.filter.rule;

import io.thr.core.source.UserClasses;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One exchange's way through one side of the rules. It runs on the caller's thread until a function's stage is not
 * complete; then it lets the thread go, and goes on in the thread that completes the stage. Never in two threads at a
 * time: the continuation is registered last, after everything else of this class has been written.
 */
abstract sealed class RuleRun {

    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    final Exchange exchange;
    private @Nullable NumberedRule current;
    private @Nullable CompletableFuture<Boolean> answer;
    private List<Step> steps = List.of();
    private int step;
    private @Nullable CompletableFuture<?> started;

    private RuleRun(Exchange exchange) {
        this.exchange = exchange;
    }

    /** The next rule, or null at the end. */
    abstract @Nullable NumberedRule next();

    /** Which of the rule's criteria must hold. */
    abstract Criteria criteria(Rule rule);

    /** The rule applies: which steps are to be done. */
    abstract List<Step> enter(NumberedRule rule);

    /** Runs to the end. The future is complete, and the shared one, where nothing had to be waited for. */
    final CompletableFuture<Void> start() {
        CompletableFuture<?> pending;
        try {
            pending = advance();
        } catch (RuleException e) {
            return CompletableFuture.failedFuture(e);
        }
        if (pending == null) {
            return DONE;
        }
        CompletableFuture<Void> end = new CompletableFuture<>();
        resumeAfter(pending, end);
        return end;
    }

    private void resumeAfter(CompletableFuture<?> pending, CompletableFuture<Void> end) {
        CompletableFuture<?> unused = pending.whenComplete((value, failure) -> {
            try {
                CompletableFuture<?> next = advance();
                if (next == null) {
                    end.complete(null);
                } else {
                    resumeAfter(next, end);
                }
            } catch (Throwable e) { // nobody above would learn of it, and the request would wait for its time-out
                end.completeExceptionally(e);
            }
        });
    }

    /** Goes on until there is a future to wait for, which is given, or to the end, which is null. */
    private @Nullable CompletableFuture<?> advance() {
        while (true) {
            if (started != null) {
                if (!started.isDone()) {
                    return started;
                }
                finishStep(started);
            } else if (answer != null) {
                if (!answer.isDone()) {
                    return answer;
                }
                hear(answer);
            } else if (step < steps.size()) {
                take(steps.get(step));
            } else {
                current = next();
                if (current == null) {
                    return null;
                }
                ask(current);
            }
        }
    }

    private void ask(NumberedRule rule) {
        Criteria criteria = criteria(rule.rule());
        try {
            if (criteria.isAsync()) {
                answer = criteria.holdLater(exchange).toCompletableFuture();
            } else if (criteria.hold(exchange)) {
                begin(rule);
            }
        } catch (Throwable e) {
            throw failure("criteria", e);
        }
    }

    private void hear(CompletableFuture<Boolean> given) {
        boolean holds = result("criteria", given);
        answer = null;
        NumberedRule rule = current;
        if (holds && rule != null) {
            begin(rule);
        }
    }

    private void begin(NumberedRule rule) {
        steps = enter(rule);
        step = 0;
    }

    private void take(Step next) {
        try {
            if (next instanceof Step.Now now) {
                now.action().accept(exchange);
                step++;
            } else {
                started = ((Step.Later) next).start(exchange).toCompletableFuture();
            }
        } catch (Throwable e) {
            throw failure(next.name(), e);
        }
    }

    private void finishStep(CompletableFuture<?> done) {
        result(steps.get(step).name(), done);
        started = null;
        step++;
    }

    private <T> T result(String what, CompletableFuture<T> done) {
        try {
            return done.get();
        } catch (ExecutionException e) {
            throw failure(what, e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException | CancellationException e) {
            throw failure(what, e);
        }
    }

    private RuleException failure(String what, Throwable cause) {
        Throwable told = cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
        String place = UserClasses.placeOf(told).map(line -> " (" + line + ")").orElse("");
        return new RuleException(current + ": " + what + ": " + told + place, told);
    }

    /** The way in: candidates of the index, asked for their criteria. */
    static final class Input extends RuleRun {

        private final List<NumberedRule> rules;
        private final RuleIndex index;
        private Candidates candidates;
        private int routeRevision;
        private int from;

        Input(Exchange exchange, List<NumberedRule> rules, RuleIndex index, Candidates candidates) {
            super(exchange);
            this.rules = rules;
            this.index = index;
            this.candidates = candidates;
            this.routeRevision = exchange.routeRevision();
        }

        @Override
        @Nullable
        NumberedRule next() {
            if (exchange.routeRevision() != routeRevision) {
                routeRevision = exchange.routeRevision();
                candidates = index.candidates(exchange);
            }
            int next = from == Candidates.END ? Candidates.END : candidates.next(from);
            if (next == Candidates.END) {
                return null;
            }
            from = next + 1;
            return rules.get(next);
        }

        @Override
        Criteria criteria(Rule rule) {
            return rule.criteria();
        }

        @Override
        List<Step> enter(NumberedRule rule) {
            exchange.entered(rule);
            if (rule.rule().stop()) {
                from = Candidates.END;
            }
            return rule.rule().actions().input();
        }
    }

    /** The way out: the rules that matched. */
    static final class Output extends RuleRun {

        private final Iterator<NumberedRule> matched;

        Output(Exchange exchange) {
            super(exchange);
            this.matched = exchange.matchedRules().iterator();
        }

        @Override
        @Nullable
        NumberedRule next() {
            return matched.hasNext() ? matched.next() : null;
        }

        @Override
        Criteria criteria(Rule rule) {
            return Criteria.when();
        }

        @Override
        List<Step> enter(NumberedRule rule) {
            return rule.rule().actions().output();
        }
    }
}
