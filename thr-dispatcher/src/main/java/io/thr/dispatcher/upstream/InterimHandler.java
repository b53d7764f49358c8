package io.thr.dispatcher.upstream;

import org.eclipse.jetty.client.EarlyHintsProtocolHandler;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;

/** Tells a request of its interim responses, and makes Jetty read on. */
final class InterimHandler extends EarlyHintsProtocolHandler {

    @Override
    public String getName() {
        return "interim";
    }

    @Override
    public boolean accept(Request request, Response response) {
        int status = response.getStatus();
        boolean interim = HttpStatus.isInterim(status) && status != HttpStatus.CONTINUE_100;
        if (interim && request instanceof JettyRequest ours) {
            // onEarlyHints is not told which it is
            ours.interimBegins(status);
        }
        return interim;
    }

    @Override
    protected void onEarlyHints(Request request, HttpFields fields) {
        if (request instanceof JettyRequest ours) {
            ours.interimCame(fields);
        }
    }
}
