package io.thr.core.source;

import java.util.function.Supplier;

/** A class that lies on the class path, while its source file is given in a later version. */
public final class Shadowed implements Supplier<String> {

    /** The version of the class path. */
    public Shadowed() {}

    @Override
    public String get() {
        return "the class path's";
    }
}
