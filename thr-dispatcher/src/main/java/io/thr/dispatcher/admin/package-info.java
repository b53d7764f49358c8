/** The dispatcher's admin port: Jetty in front of {@link io.thr.admin.AdminHandler}. */
@NullMarked
package io.thr.dispatcher.admin;

import org.jspecify.annotations.NullMarked;
