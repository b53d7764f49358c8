package io.thr.core.limit;

import io.thr.core.match.CanonicalPath;
import io.thr.core.match.IpAddress;
import io.thr.core.message.RequestMessage;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The parts that a request has one of. */
enum RequestPart implements RequestHash {
    METHOD {
        @Override
        public String hash(RequestMessage request) {
            return request.method();
        }
    },
    PATH {
        @Override
        public String hash(RequestMessage request) {
            return CanonicalPath.of(request.path()) instanceof CanonicalPath.Canonical canonical
                    ? canonical.path()
                    : request.path();
        }
    },
    HOST {
        @Override
        public String hash(RequestMessage request) {
            return request.hostName();
        }
    },
    REMOTE_IP {
        @Override
        public @Nullable String hash(RequestMessage request) {
            List<String> fields = request.headers().all("X-Forwarded-For");
            if (fields.isEmpty()) {
                return null;
            }
            String last = fields.get(fields.size() - 1);
            return IpAddress.parse(last.substring(last.lastIndexOf(',') + 1).strip())
                    .map(address -> address.network(64))
                    .orElse(null);
        }
    };

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
