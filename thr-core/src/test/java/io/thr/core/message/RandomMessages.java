package io.thr.core.message;

import io.thr.core.Choices;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Arbitrary messages: everything that the types allow, up to the ends of it, for the properties of the codec. */
final class RandomMessages {

    private static final String TOKEN = "!#$%&'*+-.^_`|~" + range('0', '9') + range('A', 'Z') + range('a', 'z');
    private static final String VISIBLE = range('!', '~') + range('\u0080', '\u00ff');
    private static final String TARGET = VISIBLE.replace("#", "");
    private static final String PATH = TARGET.replace("?", "");
    private static final String QUERY = "ab&&==%+%2c3fE\u00e9;";
    private static final String FIELD_VALUE =
            range('\u0001', '\u00ff').replace("\r", "").replace("\n", "");
    private static final String HEX = "0123456789abcdefABCDEF";

    private RandomMessages() {}

    static RequestMessage request(Choices choices) {
        return new RequestMessage(
                choices.text(TOKEN, 1, 20, 64),
                "/" + choices.text(PATH, 0, 60, RequestMessage.MAX_TARGET_LENGTH - 1),
                choices.text(VISIBLE, 0, 30, 1024),
                choices.nullOneIn(
                        5, () -> choices.text(choices.of(TARGET, QUERY), 0, 60, RequestMessage.MAX_TARGET_LENGTH)),
                choices.nullOneIn(3, () -> choices.of("http", "https")),
                headers(choices),
                body(choices),
                requestExtra(choices));
    }

    static ResponseMessage response(Choices choices) {
        return new ResponseMessage(choices.between(100, 999), headers(choices), body(choices), responseExtra(choices));
    }

    /** The message as it is read when it was written: times in whole microseconds. */
    static RequestMessage asWritten(RequestMessage message) {
        RequestExtra extra = message.extra();
        Double deadline = extra.deadline();
        return new RequestMessage(
                message.method(),
                message.path(),
                message.host(),
                message.queryString(),
                message.scheme(),
                message.headers(),
                message.body(),
                new RequestExtra(
                        extra.responseKey(),
                        extra.priority(),
                        asWritten(extra.creationTime()),
                        extra.requestId(),
                        deadline == null ? null : asWritten(deadline),
                        extra.attempt(),
                        extra.fairKey(),
                        extra.traceparent()));
    }

    static double asWritten(double seconds) {
        return new BigDecimal(seconds).setScale(6, RoundingMode.HALF_UP).doubleValue();
    }

    /** Seconds since the epoch: of our days, of any size, and where a digit is carried or lost. */
    static double time(Choices choices) {
        return switch (choices.index(4)) {
            case 0 -> choices.between(0L, 4_000_000_000_000L) / 1e3;
            case 1 -> choices.between(0L, 4_000_000_000_000_000L) / 1e6;
            case 2 -> Double.longBitsToDouble(choices.between(0L, Double.doubleToLongBits(1e11)));
            default ->
                choices.of(
                        0.0,
                        -0.0,
                        Double.MIN_VALUE,
                        4e-7,
                        6e-7,
                        0.9999994,
                        0.9999996,
                        1795322238.0,
                        1795322238.0427787,
                        1795322238.9999998,
                        0x1p32 - 0x1p-21,
                        0x1p32 + 0x1p-20,
                        0x1p33 - 0x1p-20,
                        Math.nextDown(1e11),
                        1e11);
        };
    }

    private static RequestExtra requestExtra(Choices choices) {
        int longestId = RequestExtra.MAX_RESPONSE_KEY_LENGTH - RequestExtra.RESPONSE_KEY_PREFIX.length();
        @Nullable Double deadline = choices.nullOneIn(3, () -> time(choices));
        return new RequestExtra(
                RequestExtra.RESPONSE_KEY_PREFIX + choices.text(VISIBLE, 1, longestId, longestId),
                choices.between(RequestExtra.MIN_PRIORITY, RequestExtra.MAX_PRIORITY),
                time(choices),
                choices.text(HEX, 32, 32, 32),
                deadline,
                choices.between(1, Integer.MAX_VALUE),
                choices.nullOneIn(3, () -> choices.anyText(1, 20, 512)),
                choices.nullOneIn(3, () -> choices.text(VISIBLE, 1, 60, 512)));
    }

    private static ResponseExtra responseExtra(Choices choices) {
        return new ResponseExtra(
                choices.nullOneIn(3, () -> choices.text(HEX, 32, 32, 32)),
                choices.nullOneIn(3, () -> choices.between(0L, Long.MAX_VALUE)),
                choices.nullOneIn(3, () -> choices.between(0L, Long.MAX_VALUE)),
                choices.nullOneIn(3, () -> choices.between(1, Integer.MAX_VALUE)),
                choices.nullOneIn(3, () -> choices.text(VISIBLE, 1, 30, 256)),
                choices.oneIn(2));
    }

    static Headers headers(Choices choices) {
        return switch (choices.index(80)) {
            case 0 -> Headers.of(Collections.nCopies(Headers.MAX_FIELDS, shortField(choices)));
            case 1 -> Headers.of(List.of(longestField(choices)));
            default -> Headers.of(choices.list(0, 8, () -> field(choices)));
        };
    }

    private static Headers.Field field(Choices choices) {
        return new Headers.Field(choices.text(TOKEN, 1, 20, 200), choices.text(FIELD_VALUE, 0, 200, 8_000));
    }

    /** So short that as many as there can be have room. */
    private static Headers.Field shortField(Choices choices) {
        return new Headers.Field(choices.text(TOKEN, 1, 20, 20), choices.text(FIELD_VALUE, 0, 200, 200));
    }

    private static Headers.Field longestField(Choices choices) {
        int room = Headers.MAX_SIZE - 1;
        return new Headers.Field("a", choices.text(FIELD_VALUE, room, room, room));
    }

    private static MessageBody body(Choices choices) {
        return choices.oneIn(2)
                ? MessageBody.of(choices.bytes(0, 300, 70_000))
                : new MessageBody.Link(choices.text(VISIBLE, 1, 80, 512));
    }

    private static String range(char first, char last) {
        StringBuilder range = new StringBuilder();
        for (char c = first; c <= last; c++) {
            range.append(c);
        }
        return range.toString();
    }
}
