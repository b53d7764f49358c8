@NullMarked
package io.thr.filter;

import org.jspecify.annotations.NullMarked;
