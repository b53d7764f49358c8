package io.thr.filter.http;

import io.thr.core.message.Headers;
import io.thr.filter.rule.Exchange;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URLDecoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request that is passed on to the application as the rules have rewritten it: method, fields, query, host, remote
 * address and body are the exchange's. Its path is the container's matter: {@code set_path} forwards to the new one.
 */
final class PassedRequest extends AsyncRequest {

    private final Headers headers;
    private final String method;
    private final String host;
    private final String remoteIp;
    private final @Nullable String clientQueryString;
    private final @Nullable String queryString;
    private final byte @Nullable [] body;
    private @Nullable String parametersOf;
    private @Nullable Map<String, String[]> parameters;

    PassedRequest(HttpServletRequest request, PassedResponse response, Passed passed) {
        super(request, response);
        Exchange exchange = passed.exchange();
        this.headers = exchange.headers();
        // error pages are asked for by GET, from Servlet 6.1 on
        this.method = request.getDispatcherType() == DispatcherType.ERROR ? request.getMethod() : exchange.method();
        this.host = exchange.host();
        this.remoteIp = exchange.remoteIp();
        this.clientQueryString = passed.clientQueryString();
        this.queryString = exchange.queryString();
        this.body = passed.body();
    }

    @Override
    public String getMethod() {
        return method;
    }

    @Override
    public @Nullable String getHeader(String name) {
        return headers.first(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        return Collections.enumeration(headers.all(name));
    }

    @Override
    public Enumeration<String> getHeaderNames() {
        Set<String> names = new LinkedHashSet<>();
        headers.forEach(field -> names.add(field.name()));
        return Collections.enumeration(names);
    }

    @Override
    public int getIntHeader(String name) {
        String value = getHeader(name);
        return value == null ? -1 : Integer.parseInt(value);
    }

    @Override
    public long getDateHeader(String name) {
        String value = getHeader(name);
        if (value == null) {
            return -1;
        }
        try {
            return ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant()
                    .toEpochMilli();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: a date as in RFC 9110 §5.6.7)", e);
        }
    }

    @Override
    public String getRemoteAddr() {
        return remoteIp;
    }

    @Override
    public String getServerName() {
        int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
        return end <= 0 ? host : host.substring(0, end);
    }

    /** The container's is another one than the client's where the application has dispatched with one. */
    @Override
    public @Nullable String getQueryString() {
        String now = super.getQueryString();
        return Objects.equals(now, clientQueryString) ? queryString : now;
    }

    @Override
    public @Nullable String getContentType() {
        return headers.first("Content-Type");
    }

    @Override
    public @Nullable String getParameter(String name) {
        String[] values = getParameterMap().get(name);
        return values == null ? null : values[0];
    }

    @Override
    public String @Nullable [] getParameterValues(String name) {
        return getParameterMap().get(name);
    }

    @Override
    public Enumeration<String> getParameterNames() {
        return Collections.enumeration(getParameterMap().keySet());
    }

    @Override
    public Map<String, String[]> getParameterMap() {
        if (Objects.equals(queryString, clientQueryString)) {
            return super.getParameterMap();
        }
        Map<String, String[]> known = parameters;
        String now = super.getQueryString();
        if (known == null || !Objects.equals(now, parametersOf)) {
            known = Collections.unmodifiableMap(changedParameters(now));
            parameters = known;
            parametersOf = now;
        }
        return known;
    }

    /**
     * The arguments of the dispatch, those of the new query, then the form's: what the container found less what both queries
     * gave, in whose place the new one stands.
     */
    private Map<String, String[]> changedParameters(@Nullable String now) {
        Map<String, List<String>> merged = arguments(Objects.equals(now, clientQueryString) ? null : now);
        Map<String, Integer> fromQueries = new HashMap<>();
        merged.forEach((name, values) -> fromQueries.put(name, values.size()));
        arguments(clientQueryString).forEach((name, values) -> fromQueries.merge(name, values.size(), Integer::sum));
        arguments(queryString)
                .forEach((name, values) ->
                        merged.computeIfAbsent(name, key -> new ArrayList<>()).addAll(values));
        super.getParameterMap().forEach((name, values) -> {
            for (int i = fromQueries.getOrDefault(name, 0); i < values.length; i++) {
                merged.computeIfAbsent(name, key -> new ArrayList<>()).add(values[i]);
            }
        });
        Map<String, String[]> changed = new LinkedHashMap<>();
        merged.forEach((name, values) -> changed.put(name, values.toArray(String[]::new)));
        return changed;
    }

    private static Map<String, List<String>> arguments(@Nullable String query) {
        Map<String, List<String>> arguments = new LinkedHashMap<>();
        if (query == null) {
            return arguments;
        }
        for (String pair : query.split("&", -1)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                String value = equals < 0 ? "" : pair.substring(equals + 1);
                arguments
                        .computeIfAbsent(decode(name), key -> new ArrayList<>())
                        .add(decode(value));
            }
        }
        return arguments;
    }

    private static String decode(String encoded) {
        try {
            return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // a stray percent sign stands for itself
            return encoded;
        }
    }

    @Override
    public int getContentLength() {
        return body == null ? super.getContentLength() : body.length;
    }

    @Override
    public long getContentLengthLong() {
        return body == null ? super.getContentLengthLong() : body.length;
    }

    @Override
    public ServletInputStream getInputStream() throws IOException {
        return body == null ? super.getInputStream() : new BytesInput(body);
    }

    @Override
    public BufferedReader getReader() throws IOException {
        if (body == null) {
            return super.getReader();
        }
        String encoding = getCharacterEncoding();
        Charset charset = encoding == null ? StandardCharsets.ISO_8859_1 : Charset.forName(encoding);
        return new BufferedReader(new InputStreamReader(new ByteArrayInputStream(body), charset));
    }

    /** A body that is already here. */
    private static final class BytesInput extends ServletInputStream {

        private final ByteArrayInputStream bytes;

        BytesInput(byte[] body) {
            this.bytes = new ByteArrayInputStream(body);
        }

        @Override
        public boolean isFinished() {
            return bytes.available() == 0;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setReadListener(ReadListener listener) {
            try {
                if (!isFinished()) {
                    listener.onDataAvailable();
                }
                listener.onAllDataRead();
            } catch (IOException e) {
                listener.onError(e);
            }
        }

        @Override
        public int read() {
            return bytes.read();
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            return bytes.read(buffer, offset, length);
        }
    }
}
