/** What an application brings of its own in these tests. */
@NullMarked
package io.thr.demo.application;

import org.jspecify.annotations.NullMarked;
