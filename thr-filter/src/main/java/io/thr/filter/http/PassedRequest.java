package io.thr.filter.http;

import io.thr.core.message.Headers;
import io.thr.filter.rule.Exchange;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
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
public final class PassedRequest extends HttpServletRequestWrapper {

    private final Headers headers;
    private final String method;
    private final String host;
    private final String remoteIp;
    private final @Nullable String queryString;
    private final boolean queryChanged;
    private final byte @Nullable [] body;
    private @Nullable Map<String, String[]> parameters;

    /** With the body where it has been read or set, else null: then the container's is still to be read. */
    public PassedRequest(HttpServletRequest request, Exchange exchange, byte @Nullable [] body) {
        super(request);
        this.headers = exchange.headers();
        this.method = exchange.method();
        this.host = exchange.host();
        this.remoteIp = exchange.remoteIp();
        this.queryString = exchange.queryString();
        this.queryChanged = !Objects.equals(queryString, request.getQueryString());
        this.body = body;
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

    @Override
    public @Nullable String getQueryString() {
        return queryString;
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
        if (!queryChanged) {
            return super.getParameterMap();
        }
        Map<String, String[]> known = parameters;
        if (known == null) {
            known = Collections.unmodifiableMap(changedParameters());
            parameters = known;
        }
        return known;
    }

    /** The new query's arguments, then the form's: what the container found less what the old query gave. */
    private Map<String, String[]> changedParameters() {
        Map<String, List<String>> merged = arguments(queryString);
        Map<String, List<String>> before = arguments(super.getQueryString());
        super.getParameterMap().forEach((name, values) -> {
            int fromQuery = before.getOrDefault(name, List.of()).size();
            for (int i = fromQuery; i < values.length; i++) {
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
