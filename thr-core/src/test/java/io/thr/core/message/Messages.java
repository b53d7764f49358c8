package io.thr.core.message;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.arbitraries.StringArbitrary;

/** Arbitrary messages: everything that the types allow, for the properties of the codec. */
final class Messages {

    private Messages() {}

    static Arbitrary<RequestMessage> requests() {
        Arbitrary<String> path = target().filter(text -> text.indexOf('?') < 0).map(text -> "/" + text);
        Arbitrary<String> query = Arbitraries.oneOf(target(), queries()).injectNull(0.2);
        Arbitrary<String> scheme = Arbitraries.of("http", "https").injectNull(0.3);
        return Combinators.combine(
                        token(), path, visible().ofMaxLength(30), query, scheme, headers(), bodies(), requestExtras())
                .as(RequestMessage::new);
    }

    static Arbitrary<ResponseMessage> responses() {
        return Combinators.combine(Arbitraries.integers().between(100, 999), headers(), bodies(), responseExtras())
                .as(ResponseMessage::new);
    }

    static Arbitrary<RequestExtra> requestExtras() {
        Arbitrary<String> responseKey = visible()
                .ofMinLength(1)
                .ofMaxLength(RequestExtra.MAX_RESPONSE_KEY_LENGTH - RequestExtra.RESPONSE_KEY_PREFIX.length())
                .map(id -> RequestExtra.RESPONSE_KEY_PREFIX + id);
        Arbitrary<String> anyText = Arbitraries.strings().ofMinLength(1).ofMaxLength(20);
        return Combinators.combine(
                        responseKey,
                        Arbitraries.integers().between(1, 99),
                        times(),
                        requestIds(),
                        times().injectNull(0.3),
                        Arbitraries.integers().greaterOrEqual(1),
                        anyText.injectNull(0.3),
                        visible().ofMinLength(1).ofMaxLength(60).injectNull(0.3))
                .as(RequestExtra::new);
    }

    static Arbitrary<ResponseExtra> responseExtras() {
        return Combinators.combine(
                        requestIds().injectNull(0.3),
                        Arbitraries.longs().greaterOrEqual(0).injectNull(0.3),
                        Arbitraries.longs().greaterOrEqual(0).injectNull(0.3),
                        Arbitraries.integers().greaterOrEqual(1).injectNull(0.3),
                        visible().ofMinLength(1).ofMaxLength(30).injectNull(0.3),
                        Arbitraries.of(false, true))
                .as(ResponseExtra::new);
    }

    private static Arbitrary<Headers> headers() {
        Arbitrary<String> values =
                Arbitraries.strings().withCharRange('\u0001', '\u00ff').excludeChars('\r', '\n');
        return Combinators.combine(token(), values)
                .as(Headers.Field::new)
                .list()
                .ofMaxSize(8)
                .map((List<Headers.Field> fields) -> Headers.of(fields));
    }

    private static Arbitrary<MessageBody> bodies() {
        Arbitrary<MessageBody> inline =
                Arbitraries.bytes().array(byte[].class).ofMaxSize(300).map(MessageBody::of);
        Arbitrary<MessageBody> link = visible().ofMinLength(1).ofMaxLength(80).map(MessageBody.Link::new);
        return Arbitraries.oneOf(inline, link);
    }

    private static StringArbitrary token() {
        return Arbitraries.strings()
                .alpha()
                .numeric()
                .withChars("!#$%&'*+-.^_`|~")
                .ofMinLength(1)
                .ofMaxLength(20);
    }

    private static StringArbitrary visible() {
        return Arbitraries.strings().withCharRange('!', '~').withCharRange('\u0080', '\u00ff');
    }

    private static Arbitrary<String> target() {
        return visible().excludeChars('#').ofMaxLength(60);
    }

    private static Arbitrary<String> queries() {
        return Arbitraries.strings().withChars("ab&&==%+%2c3fE\u00e9;").ofMaxLength(60);
    }

    private static Arbitrary<Double> times() {
        return Arbitraries.oneOf(
                Arbitraries.longs().between(0, 4_000_000_000_000L).map(millis -> millis / 1000.0),
                Arbitraries.longs().between(0, Double.doubleToLongBits(1e11)).map(Double::longBitsToDouble));
    }

    private static Arbitrary<String> requestIds() {
        return Arbitraries.strings().withChars("0123456789abcdefABCDEF").ofLength(32);
    }
}
