/**
 * What both programs show to those who run them: the admin port's requests and answers, the page, the metrics. It knows neither
 * servlets nor Jetty; each program puts it behind the server it has.
 */
@NullMarked
package io.thr.admin;

import org.jspecify.annotations.NullMarked;
