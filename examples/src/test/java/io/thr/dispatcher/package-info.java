@NullMarked
package io.thr.dispatcher;

import org.jspecify.annotations.NullMarked;
