/** What is measured, as Prometheus takes it: samples of counts that others keep, made when somebody asks. */
@NullMarked
package io.thr.admin.metrics;

import org.jspecify.annotations.NullMarked;
