package io.thr.benchmark.unmatched;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request that has its fields at hand, so that what is measured is the filter's own cost and not that of a container's
 * getters. Header fields are looked for one after the other, as containers do. What else is asked fails.
 */
final class FixedRequest extends HttpServletRequestWrapper {

    private final String path;
    private final List<Map.Entry<String, String>> headers;

    FixedRequest(String path, List<Map.Entry<String, String>> headers) {
        super(Nothing.as(HttpServletRequest.class));
        this.path = path;
        this.headers = List.copyOf(headers);
    }

    @Override
    public String getMethod() {
        return "GET";
    }

    @Override
    public String getRequestURI() {
        return path;
    }

    @Override
    public DispatcherType getDispatcherType() {
        return DispatcherType.REQUEST;
    }

    @Override
    public @Nullable Object getAttribute(String name) {
        return null;
    }

    @Override
    public @Nullable String getHeader(String name) {
        for (int i = 0; i < headers.size(); i++) {
            if (headers.get(i).getKey().equalsIgnoreCase(name)) {
                return headers.get(i).getValue();
            }
        }
        return null;
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        List<String> values = new ArrayList<>(1);
        for (int i = 0; i < headers.size(); i++) {
            if (headers.get(i).getKey().equalsIgnoreCase(name)) {
                values.add(headers.get(i).getValue());
            }
        }
        return Collections.enumeration(values);
    }
}
