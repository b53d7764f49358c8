package io.thr.filter.config;

/** In which field the proxies before us tell whose request it is. */
public enum ForwardedField {
    /** A list, to which each proxy appends the address it was called from. */
    X_FORWARDED_FOR("X-Forwarded-For"),
    /** The same as RFC 7239 has it: a list of elements, whose parameter {@code for} is that address. */
    FORWARDED("Forwarded"),
    /** One address: the client's, as the proxy that calls us says. */
    X_REAL_IP("X-Real-Ip");

    private final String fieldName;

    ForwardedField(String fieldName) {
        this.fieldName = fieldName;
    }

    /** The field's name on the wire. */
    public String fieldName() {
        return fieldName;
    }
}
