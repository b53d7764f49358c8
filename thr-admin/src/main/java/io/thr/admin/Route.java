package io.thr.admin;

import java.util.concurrent.CompletableFuture;

/**
 * What is at a path.
 *
 * @param access who may
 * @param action makes the answer; may fail
 */
record Route(Access access, Action action) {

    /** Who may ask for it. */
    private enum Access {
        /** Everybody: it tells how the program is, and nothing of requests. */
        ALL,
        /** Everybody on this machine, and who has the token. */
        LOOK,
        /** Who has the token. */
        CHANGE
    }

    /** A request, and what it says. */
    record Call(AdminRequest request, Parameters parameters, AdminBus bus) {}

    /** Makes an answer. */
    @FunctionalInterface
    interface Action {
        CompletableFuture<AdminResponse> answer(Call call);
    }

    /** Changes something. */
    @FunctionalInterface
    interface Changing {
        CompletableFuture<Change> change(Call call);
    }

    static Route forAll(Action action) {
        return new Route(Access.ALL, action);
    }

    static Route look(Action action) {
        return new Route(Access.LOOK, action);
    }

    static Route change(Action action) {
        return new Route(Access.CHANGE, action);
    }

    boolean isForAll() {
        return access == Access.ALL;
    }

    boolean isChange() {
        return access == Access.CHANGE;
    }

    /** As a field has them. */
    String methods() {
        return isChange() ? "POST" : "GET, HEAD";
    }
}
