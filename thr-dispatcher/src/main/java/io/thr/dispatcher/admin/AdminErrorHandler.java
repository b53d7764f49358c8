package io.thr.dispatcher.admin;

import io.thr.admin.AdminResponse;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** What Jetty refuses by itself gets an answer of ours: nothing of the request is repeated in it. */
final class AdminErrorHandler extends ErrorHandler {

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus();
        AdminResponse answer =
                AdminResponse.problem(status, HttpStatus.getMessage(status), "the request cannot be understood");
        AdminJettyHandler.write(answer, request.getMethod().equals("HEAD"), response, callback);
        return true;
    }
}
