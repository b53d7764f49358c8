package io.thr.admin;

import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmClassLoadingMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * The program's meters and the JVM's in Prometheus' formats. The JVM's have a registry of their own, as there may be several
 * programs in one process. Threads may share it.
 */
final class Metrics {

    private final PrometheusRegistry program;
    private final PrometheusRegistry jvm = new PrometheusRegistry();
    private final ExpositionFormats formats = ExpositionFormats.init();

    /** Shows the meters of that registry. */
    Metrics(PrometheusRegistry program) {
        this.program = program;
        PrometheusProperties properties = PrometheusProperties.get();
        // All that only ask when they are asked. What listens to the JVM (allocation by pool) would keep our class
        // loader
        JvmThreadsMetrics.builder(properties).register(jvm);
        JvmBufferPoolMetrics.builder(properties).register(jvm);
        JvmClassLoadingMetrics.builder(properties).register(jvm);
        JvmGarbageCollectorMetrics.builder(properties).register(jvm);
        JvmMemoryMetrics.builder(properties).register(jvm);
        JvmRuntimeInfoMetric.builder(properties).register(jvm);
        ProcessMetrics.builder(properties).register(jvm);
    }

    /** As they stand, in the format that is asked for: text, where no other is. */
    AdminResponse answer(@Nullable String accept) {
        ExpositionFormatWriter writer = formats.findWriter(accept);
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        program.scrape().forEach(all::metricSnapshot);
        jvm.scrape().forEach(all::metricSnapshot);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(16 * 1024);
        try {
            writer.write(bytes, all.build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return AdminResponse.text(writer.getContentType(), bytes.toByteArray());
    }
}
