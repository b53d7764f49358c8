package io.thr.dispatcher.admin;

import io.thr.admin.AdminHandler;
import io.thr.admin.AdminRequest;
import io.thr.admin.AdminResponse;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Gives what Jetty has read to the handler, and its answer to Jetty. It may wait for Redis, for a second or so. */
final class AdminJettyHandler extends Handler.Abstract {

    private final AdminHandler admin;

    AdminJettyHandler(AdminHandler admin) {
        this.admin = admin;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        AdminRequest asked = new AdminRequest(
                request.getMethod(),
                String.valueOf(request.getHttpURI().getPath()),
                request.getHttpURI().getQuery(),
                name -> field(request, name),
                address(request.getConnectionMetaData().getRemoteSocketAddress()),
                address(request.getConnectionMetaData().getLocalSocketAddress()));
        var unused = admin.handle(asked).whenComplete((answer, failure) -> {
            if (failure == null) {
                write(answer, asked.isHead(), response, callback);
            } else {
                callback.failed(failure);
            }
        });
        return true;
    }

    private static @Nullable String field(Request request, String name) {
        List<String> values = request.getHeaders().getFields(name).stream()
                .map(HttpField::getValue)
                .map(String::valueOf)
                .toList();
        return values.isEmpty() ? null : String.join(", ", values);
    }

    private static String address(SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress()
                : String.valueOf(address);
    }

    static void write(AdminResponse answer, boolean isHead, Response response, Callback callback) {
        response.setStatus(answer.status());
        answer.fields().forEach((name, value) -> response.getHeaders().put(name, value));
        if (answer.status() != 304) {
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.body().length);
        }
        response.write(true, isHead ? null : ByteBuffer.wrap(answer.body()), callback);
    }
}
