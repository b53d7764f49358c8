package io.thr.filter.rule;

import io.thr.core.match.CanonicalPath;
import io.thr.core.match.IpAddress;
import io.thr.core.message.Cookies;
import io.thr.core.message.Headers;
import io.thr.core.message.RequestMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response on their way through the rules: the request as it came, and over it what the rules have
 * changed. Every getter gives the current value. What is set is checked when it is set.
 *
 * <p>Not thread-safe: one thread at a time. An asynchronous function may use it until its stage completes.
 */
public final class Exchange {

    private final RequestView request;
    private final String requestId;

    private boolean requestChanged;
    private Map<String, Object> customValues = Map.of();
    private List<NumberedRule> matched = List.of();
    private int routeRevision;
    private @Nullable String rawPath;
    private @Nullable String path;
    private @Nullable String method;
    private @Nullable String host;
    private @Nullable String hostName;
    private @Nullable String remoteIp;
    private @Nullable QueryString query;
    private @Nullable Headers headers;
    private boolean headersChanged;
    private byte @Nullable [] inputBody;

    private int priority = 50;
    private @Nullable String redisQueue;
    private @Nullable String redisHost;
    private @Nullable Integer redisPort;
    private @Nullable String redisUds;
    private @Nullable Integer statusCode;
    private @Nullable OnRedisFailure onRedisFailure;
    private @Nullable SignOfLife signOfLife;
    private List<RateLimit> rateLimits = List.of();
    private @Nullable Consumer<Exchange> settlement;
    private @Nullable List<String> trace;

    private int responseStatus;
    private Headers responseHeaders = Headers.EMPTY;
    private byte @Nullable [] responseBody;
    private byte @Nullable [] outputDefaultBody;

    /** A new exchange for that request. */
    public Exchange(RequestView request, String requestId) {
        this.request = request;
        this.requestId = requestId;
    }

    /** The request as it came. */
    public RequestView request() {
        return request;
    }

    /** The id under which the request is known in messages and logs. */
    public String requestId() {
        return requestId;
    }

    /** Whether a rule changed what the next in line would see: method, path, host, address, query, headers or body. */
    public boolean requestChanged() {
        return requestChanged;
    }

    // ---- the request

    /** The method, case kept. */
    public String method() {
        return method != null ? method : request.method();
    }

    /**
     * Changes the method.
     *
     * @throws IllegalArgumentException where it is no token (RFC 9110 §5.6.2)
     */
    public void setMethod(String newMethod) {
        method = FieldSyntax.token("method", newMethod);
        routeChanged();
    }

    /** The path that is matched: decoded, without parameters, double slashes and dot segments. */
    public String path() {
        return path != null ? path : request.path();
    }

    /** The path as it goes to the upstream, percent-encoding kept. */
    public String rawPath() {
        return rawPath != null ? rawPath : request.rawPath();
    }

    /**
     * Changes the path, raw and matched.
     *
     * @param newRawPath percent-encoded where need be, without query
     * @throws IllegalArgumentException where it does not begin with a slash, or is {@link CanonicalPath.Ambiguous}
     */
    public void setPath(String newRawPath) {
        path = FieldSyntax.path(newRawPath);
        rawPath = newRawPath;
        routeChanged();
    }

    /** What the client asked for as host, with the port where it gave one. */
    public String host() {
        return host != null ? host : request.host();
    }

    /** The name in {@link #host()}: lower case, without port. This is what the criterion {@code host} looks at. */
    public String hostName() {
        if (hostName == null) {
            hostName = RequestMessage.hostName(host());
        }
        return hostName;
    }

    /**
     * Changes the host with which the request is queued. The header {@code Host} stays as it is.
     *
     * @throws IllegalArgumentException where it is empty or holds what no host has
     */
    public void setHost(String newHost) {
        host = FieldSyntax.host(newHost);
        hostName = null;
        routeChanged();
    }

    /** {@code http} or {@code https}. */
    public String scheme() {
        return request.scheme();
    }

    /** The peer's address, canonical. */
    public String remoteIp() {
        return remoteIp != null ? remoteIp : request.remoteIp();
    }

    /**
     * Changes the peer's address; {@link #realIp()} follows where it was the same.
     *
     * @throws IllegalArgumentException where it is no address
     */
    public void setRemoteIp(String newRemoteIp) {
        remoteIp = IpAddress.of(newRemoteIp).toString();
        requestChanged = true;
    }

    /** The client's address: the peer's, or what trusted proxies say. */
    public String realIp() {
        return remoteIp != null && request.realIp().equals(request.remoteIp()) ? remoteIp : request.realIp();
    }

    /** The name of the authenticated user, or null. */
    public @Nullable String principal() {
        return request.principal();
    }

    /** Whether the authenticated user has that role. */
    public boolean hasRole(String role) {
        return request.hasRole(role);
    }

    /** The media type of the request's body in lower case, without parameters; null where the request names none. */
    public @Nullable String contentType() {
        String value = header("Content-Type");
        if (value == null) {
            return null;
        }
        int end = value.indexOf(';');
        String type = (end < 0 ? value : value.substring(0, end)).strip().toLowerCase(Locale.ROOT);
        return type.isEmpty() ? null : type;
    }

    // ---- its headers

    /** The first value of that header, or null. */
    public @Nullable String header(String name) {
        return headersChanged ? headers().first(name) : request.header(name);
    }

    /** All values of that header, in order. */
    public List<String> headerValues(String name) {
        return headersChanged ? headers().all(name) : request.headers(name);
    }

    /** All headers. */
    public Headers headers() {
        if (headers == null) {
            headers = headersOf(request);
        }
        return headers;
    }

    /**
     * Makes this the only header of that name.
     *
     * @throws IllegalArgumentException where the name is no token, or the value has a control character
     */
    public void setInputHeader(String name, String value) {
        changeHeaders(headers().edit().set(FieldSyntax.name(name), FieldSyntax.value(name, value)));
    }

    /**
     * Adds a header, beside those of the same name.
     *
     * @throws IllegalArgumentException where the name is no token, or the value has a control character
     */
    public void addInputHeader(String name, String value) {
        changeHeaders(headers().edit().add(FieldSyntax.name(name), FieldSyntax.value(name, value)));
    }

    /** Removes every header of that name. */
    public void delInputHeader(String name) {
        if (header(name) != null) {
            changeHeaders(headers().edit().remove(name));
        }
    }

    /** The value of the first cookie of that name, or null. */
    public @Nullable String cookie(String name) {
        List<String> values = cookies(name);
        return values.isEmpty() ? null : values.get(0);
    }

    /** The values of all cookies of that name. */
    public List<String> cookies(String name) {
        return Cookies.values(headerValues("Cookie"), name);
    }

    // ---- its query

    /** The raw query without its question mark, or null where there is none. */
    public @Nullable String queryString() {
        return query().raw();
    }

    /** The first value of that query argument, decoded, or null. */
    public @Nullable String queryArg(String name) {
        List<String> values = queryArgs(name);
        return values.isEmpty() ? null : values.get(0);
    }

    /** All values of that query argument, decoded. */
    public List<String> queryArgs(String name) {
        return query().values(name);
    }

    /**
     * Replaces the whole query.
     *
     * @param newQuery raw, percent-encoded where need be; empty: no query
     * @throws IllegalArgumentException where it holds what no query has
     */
    public void setQueryString(String newQuery) {
        changeQuery(QueryString.ofText(FieldSyntax.query(newQuery)));
    }

    /** Adds an argument after all others. Name and value are given decoded; the others keep their bytes. */
    public void addQueryStringArg(String name, String value) {
        changeQuery(query().add(name, value));
    }

    /** Makes this the only argument of that name, in the place of the first one or after all others. */
    public void setQueryStringArg(String name, String value) {
        changeQuery(query().set(name, value));
    }

    /** Removes every argument of that name. */
    public void delQueryStringArg(String name) {
        delQueryStringArg(name, false);
    }

    /** Removes every argument of that name, where wanted without regard to its case. */
    public void delQueryStringArg(String name, boolean caseInsensitive) {
        changeQuery(query().remove(name, caseInsensitive));
    }

    // ---- its body

    /** The body that a rule has set, or null: then the body is the request's own. Not to be changed. */
    public byte @Nullable [] inputBody() {
        return inputBody;
    }

    /** Replaces the body. The array is not copied. */
    public void setInputBody(byte[] newBody) {
        inputBody = newBody;
        requestChanged = true;
    }

    // ---- where it goes

    /** 1 (most urgent) to 99; 50 where no rule said. */
    public int priority() {
        return priority;
    }

    /** Sets the priority; below 1 it is 1, above 99 it is 99. */
    public void setInputPriority(int newPriority) {
        priority = Math.max(1, Math.min(99, newPriority));
    }

    /** The queue; null where no rule said, {@code "null"} where a rule said: none. */
    public @Nullable String redisQueue() {
        return redisQueue;
    }

    /**
     * Sets the queue; {@code "null"}: the request is not queued.
     *
     * @throws IllegalArgumentException where it is empty
     */
    public void setRedisQueue(String newQueue) {
        redisQueue = FieldSyntax.notEmpty("redis_queue", newQueue);
    }

    /** The host of the Redis to use instead of the configured one, or null. */
    public @Nullable String redisHost() {
        return redisHost;
    }

    /**
     * Sets the host of the Redis to use.
     *
     * @throws IllegalArgumentException where it is empty
     */
    public void setRedisHost(String newHost) {
        redisHost = FieldSyntax.notEmpty("redis_host", newHost);
    }

    /** The port of the Redis to use instead of the configured one, or null. */
    public @Nullable Integer redisPort() {
        return redisPort;
    }

    /**
     * Sets the port of the Redis to use.
     *
     * @throws IllegalArgumentException where it is not between 1 and 65535
     */
    public void setRedisPort(int newPort) {
        redisPort = FieldSyntax.port(newPort);
    }

    /** The unix socket of the Redis to use instead of the configured one, or null; it wins over host and port. */
    public @Nullable String redisUds() {
        return redisUds;
    }

    /**
     * Sets the unix socket of the Redis to use.
     *
     * @throws IllegalArgumentException where it is empty
     */
    public void setRedisUds(String newPath) {
        redisUds = FieldSyntax.notEmpty("redis_uds", newPath);
    }

    /** What becomes of the request where Redis cannot be reached, or null where no rule said. */
    public @Nullable OnRedisFailure onRedisFailure() {
        return onRedisFailure;
    }

    /** Says what becomes of the request where Redis cannot be reached. */
    public void onRedisFailure(OnRedisFailure newOnRedisFailure) {
        onRedisFailure = newOnRedisFailure;
    }

    /** What its client is shown while the request waits; null: nothing. */
    public @Nullable SignOfLife signOfLife() {
        return signOfLife;
    }

    /** Says what its client is shown while the request waits. */
    public void signOfLife(@Nullable SignOfLife newSignOfLife) {
        signOfLife = newSignOfLife;
    }

    /** The status with which the request is answered at once, without being queued; null: it is not. */
    public @Nullable Integer statusCode() {
        return statusCode;
    }

    /**
     * Answers the request at once with that status; null takes back what an earlier rule said.
     *
     * @throws IllegalArgumentException where it is not between 200 and 599
     */
    public void setStatusCode(@Nullable Integer newStatus) {
        statusCode = newStatus == null ? null : FieldSyntax.status(newStatus);
    }

    /** The rate policies that the request comes under, in the order of the rules. */
    public List<RateLimit> rateLimits() {
        return rateLimits;
    }

    /** Has the request charged by that policy, unless it is already. */
    void addRateLimit(RateLimit limit) {
        for (RateLimit known : rateLimits) {
            if (known.policy().name().equals(limit.policy().name())) {
                return;
            }
        }
        rateLimits = rateLimits.isEmpty() ? new ArrayList<>(2) : rateLimits;
        rateLimits.add(limit);
    }

    /** Has that called once, when there is a response: what was charged is corrected by it. */
    public void settleBy(Consumer<Exchange> newSettlement) {
        settlement = newSettlement;
    }

    /** Whether something is to be corrected when there is a response. */
    public boolean isToBeSettled() {
        return settlement != null;
    }

    // ---- notes

    /** The note under that key, or null. */
    public @Nullable Object customValue(String key) {
        return customValues.get(key);
    }

    /** Keeps a note for later rules, and for the output side. */
    public void setCustomValue(String key, Object value) {
        if (customValues.isEmpty()) {
            customValues = new HashMap<>();
        }
        customValues.put(key, value);
    }

    /** Forgets the note. */
    public void delCustomValue(String key) {
        if (customValues.containsKey(key)) {
            customValues.remove(key);
        }
    }

    // ---- the response

    /**
     * Gives the exchange its response, before {@link Rules#applyOutput}: the upstream's, or the filter's own (a direct
     * answer, a time-out, an error). What was known of a response before is forgotten.
     *
     * @param body null where there is none, or where it passes by and is not held in memory
     */
    public void response(int status, Headers newHeaders, byte @Nullable [] body) {
        responseStatus = status;
        responseHeaders = newHeaders;
        responseBody = body;
        Consumer<Exchange> settles = settlement;
        if (settles != null) {
            settlement = null;
            settles.accept(this);
        }
    }

    /** The response's status; 0 before there is a response. */
    public int responseStatus() {
        return responseStatus;
    }

    /**
     * Changes the response's status.
     *
     * @throws IllegalArgumentException where it is not between 200 and 599
     */
    public void responseStatus(int newStatus) {
        responseStatus = FieldSyntax.status(newStatus);
    }

    /** The response's headers. */
    public Headers responseHeaders() {
        return responseHeaders;
    }

    /**
     * Makes this the only response header of that name.
     *
     * @throws IllegalArgumentException where the name is no token, or the value has a control character
     */
    public void setOutputHeader(String name, String value) {
        responseHeaders = responseHeaders
                .edit()
                .set(FieldSyntax.name(name), FieldSyntax.value(name, value))
                .build();
    }

    /**
     * Adds a response header, beside those of the same name.
     *
     * @throws IllegalArgumentException where the name is no token, or the value has a control character
     */
    public void addOutputHeader(String name, String value) {
        responseHeaders = responseHeaders
                .edit()
                .add(FieldSyntax.name(name), FieldSyntax.value(name, value))
                .build();
    }

    /** Removes every response header of that name. */
    public void delOutputHeader(String name) {
        responseHeaders = responseHeaders.edit().remove(name).build();
    }

    /** The response's body, or null where there is none, or where it passes by and no rule has replaced it. */
    public byte @Nullable [] responseBody() {
        return responseBody;
    }

    /** Replaces the response's body. The array is not copied. */
    public void setOutputBody(byte[] newBody) {
        responseBody = newBody;
    }

    /** The body for a response that has none, or null. */
    public byte @Nullable [] outputDefaultBody() {
        return outputDefaultBody;
    }

    /** Sets the body for a response that has none; null takes it back. The array is not copied. */
    public void setOutputDefaultBody(byte @Nullable [] newBody) {
        outputDefaultBody = newBody;
    }

    // ---- for the run through the rules

    /** Grows with every change of what the rules are indexed by. */
    int routeRevision() {
        return routeRevision;
    }

    /** Has the names of the rules that match noted, for {@link #trace}. */
    public void traceRules() {
        trace = new ArrayList<>();
    }

    /** The rules that have matched since {@link #traceRules}: {@code rule 3 (hello)}. */
    public List<String> trace() {
        List<String> noted = trace;
        return noted == null ? List.of() : List.copyOf(noted);
    }

    /** A rule matches. */
    void entered(NumberedRule rule) {
        List<String> noted = trace;
        if (noted != null) {
            noted.add(rule.toString());
        }
        if (!rule.rule().actions().output().isEmpty()) {
            matched(rule);
        }
    }

    /** Remembers a rule for the output side. */
    private void matched(NumberedRule rule) {
        if (matched.isEmpty()) {
            matched = new ArrayList<>(2);
        }
        matched.add(rule);
    }

    /** Whether a rule has matched so far. */
    public boolean hasMatched() {
        return !matched.isEmpty();
    }

    List<NumberedRule> matchedRules() {
        return matched;
    }

    private void routeChanged() {
        routeRevision++;
        requestChanged = true;
    }

    private void changeHeaders(Headers.Builder changed) {
        headers = changed.build();
        headersChanged = true;
        routeChanged();
    }

    private QueryString query() {
        if (query == null) {
            query = QueryString.of(request.queryString());
        }
        return query;
    }

    private void changeQuery(QueryString changed) {
        query = changed;
        requestChanged = true;
    }

    private static Headers headersOf(RequestView request) {
        List<Headers.Field> fields = new ArrayList<>();
        for (String name : request.headerNames()) {
            for (String value : request.headers(name)) {
                fields.add(new Headers.Field(name, value));
            }
        }
        return Headers.of(fields);
    }
}
