package io.thr.core.config;

/**
 * A text that is not to be shown.
 *
 * @param text the text
 */
public record Secret(String text) {

    /** Never the text. */
    @Override
    public String toString() {
        return "***";
    }
}
