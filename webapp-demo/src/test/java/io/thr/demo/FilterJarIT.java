package io.thr.demo;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;

/** What is in the filter's self-contained jar, and what the jars say of themselves. */
class FilterJarIT {

    /** Where a package is that another refers to, as jdeps says it. */
    private static final Pattern REFERENCE = Pattern.compile("\\s+(\\S+)\\s+-> (\\S+)\\s+(\\S.*)");

    @TempDir
    Path directory;

    private static List<String> entries(Predicate<String> which) throws IOException {
        try (JarFile jar = new JarFile(FilterJar.path().toFile())) {
            return jar.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> !name.endsWith("/"))
                    .filter(which)
                    .toList();
        }
    }

    private static String text(String entry) throws IOException {
        try (JarFile jar = new JarFile(FilterJar.path().toFile());
                InputStream in = jar.getInputStream(jar.getEntry(entry))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Attributes manifest(Path file) throws IOException {
        try (JarFile jar = new JarFile(file.toFile())) {
            return jar.getManifest().getMainAttributes();
        }
    }

    /** The packages of a header: what stands before the parameters of each. */
    private static Set<String> packages(Attributes manifest, String header) {
        String unquoted = manifest.getValue(header).replaceAll("\"[^\"]*\"", "");
        return Arrays.stream(unquoted.split(",", -1))
                .map(clause -> clause.replaceFirst(";.*", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What the classes of the jar refer to outside of it and of the packages {@code java.*}: package to where it is. */
    private static Map<String, String> references() {
        StringWriter out = new StringWriter();
        int status = ToolProvider.findFirst("jdeps")
                .orElseThrow()
                .run(
                        new PrintWriter(out),
                        new PrintWriter(out),
                        "--ignore-missing-deps",
                        "--multi-release",
                        "base",
                        "-filter:none",
                        "-verbose:package",
                        FilterJar.path().toString());
        assertThat(out.toString(), status, is(0));
        Map<String, String> references = new HashMap<>();
        out.toString().lines().forEach(line -> {
            Matcher reference = REFERENCE.matcher(line);
            if (reference.matches() && !reference.group(2).startsWith("java.")) {
                references.put(reference.group(2), reference.group(3).strip());
            }
        });
        references
                .values()
                .removeIf(place -> place.equals(FilterJar.path().getFileName().toString()));
        return references;
    }

    @Test
    void self_contained_filter_has_no_class_outside_io_thr() throws IOException {
        assertThat(entries(name -> name.endsWith(".class") && !name.startsWith("io/thr/")), is(empty()));
    }

    @Test
    void self_contained_filter_has_no_file_that_an_application_or_its_libraries_look_for() throws IOException {
        assertThat(
                entries(name -> !name.startsWith("io/thr/")),
                containsInAnyOrder(
                        "META-INF/MANIFEST.MF",
                        "META-INF/LICENSE",
                        "META-INF/NOTICE",
                        "META-INF/licenses/third-party.txt",
                        "META-INF/licenses/apache-2.0.txt",
                        "META-INF/FastDoubleParser-LICENSE",
                        "META-INF/FastDoubleParser-ThirdParty-LICENSE",
                        "META-INF/Schubfach-LICENSE",
                        "META-INF/services/jakarta.servlet.ServletContainerInitializer",
                        "META-INF/services/io.thr.shaded.slf4j.spi.SLF4JServiceProvider"));
    }

    @Test
    void self_contained_filter_names_the_license_of_all_that_is_inside() throws IOException {
        Set<String> inside = entries(name -> name.startsWith("io/thr/shaded/")).stream()
                .map(name -> name.split("/", -1)[3])
                .collect(Collectors.toSet());
        String licenses = text("META-INF/licenses/third-party.txt");

        inside.forEach(name -> assertThat(licenses, containsString("io.thr.shaded." + name)));
        assertThat(licenses, allOf(containsString("Copyright (c) 2021-2025, Redis"), containsString("QOS.ch")));
        assertThat(text("META-INF/NOTICE"), allOf(containsString("Commons Pool"), containsString("Jackson")));
        assertThat(text("META-INF/LICENSE"), startsWith("MIT License"));
    }

    @Test
    void self_contained_filter_misses_nothing_that_its_classes_refer_to() {
        Set<String> missing = references().entrySet().stream()
                .filter(reference -> reference.getValue().equals("not found"))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());

        // the last is for the Redis that brings itself, and is asked for where that is wanted; tracing and the library
        // of the metrics look whether OpenTelemetry is there, and that library's annotations are for who compiles with
        // it
        assertThat(
                missing,
                containsInAnyOrder(
                        "io.opentelemetry.api",
                        "io.opentelemetry.api.trace",
                        "io.opentelemetry.api.trace.propagation",
                        "io.opentelemetry.context",
                        "io.opentelemetry.context.propagation",
                        "io.opentelemetry.javaagent.shaded.io.opentelemetry.api.trace",
                        "jakarta.servlet",
                        "jakarta.servlet.http",
                        "javax.annotation",
                        "redis.embedded.core"));
    }

    @Test
    void self_contained_filter_is_less_than_three_megabytes() throws IOException {
        assertThat(Files.size(FilterJar.path()), is(lessThan(2_800_000L)));
    }

    @Test
    void self_contained_bundle_imports_what_its_classes_refer_to_and_nothing_else() throws IOException {
        Attributes manifest = manifest(FilterJar.path());
        // this one comes with Commons Pool's JMX, which is always there where java.management is
        Set<String> wanted = new TreeSet<>(references().keySet());

        assertThat(packages(manifest, "Import-Package"), is(wanted));
        assertThat(
                manifest.getValue("Import-Package"),
                allOf(
                        containsString("jakarta.servlet;version=\"[6.0,7)\""),
                        containsString("redis.embedded.core;resolution:=optional")));
    }

    @Test
    void self_contained_bundle_says_who_it_is() throws IOException {
        Attributes manifest = manifest(FilterJar.path());
        String version = manifest.getValue("Bundle-Version").replaceFirst("(\\d+\\.\\d+\\.\\d+).*", "$1");

        assertThat(manifest.getValue("Automatic-Module-Name"), is("io.thr.filter"));
        assertThat(manifest.getValue("Bundle-SymbolicName"), is("io.thr.filter.all"));
        assertThat(manifest.getValue("Export-Package"), containsString("io.thr.filter;version=\"" + version + "\""));
        assertThat(packages(manifest, "Export-Package"), not(hasItem(startsWith("io.thr.shaded"))));
        assertThat(packages(manifest, "Export-Package"), not(hasItem("io.thr.filter.suspend")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"core", "admin", "dispatcher", "filter"})
    void plain_jars_are_modules_and_bundles(String module) throws IOException {
        Attributes manifest = manifest(FilterJar.plain("thr-" + module));

        assertThat(manifest.getValue("Automatic-Module-Name"), is("io.thr." + module));
        assertThat(manifest.getValue("Bundle-SymbolicName"), is("io.thr." + module));
        assertThat(packages(manifest, "Export-Package"), everyItem(startsWith("io.thr." + module)));
        assertThat(manifest.getValue("Import-Package"), containsString("org.jspecify.annotations;"));
        try (JarFile jar = new JarFile(FilterJar.plain("thr-" + module).toFile())) {
            assertThat(jar.getEntry("META-INF/LICENSE") != null, is(true));
        }
    }

    @Test
    void self_contained_bundle_runs_beside_the_servlet_api_alone() throws Exception {
        Framework framework = new FrameworkFactory()
                .newFramework(Map.of(
                        Constants.FRAMEWORK_STORAGE,
                        directory.resolve("bundles").toString(),
                        Constants.FRAMEWORK_BOOTDELEGATION,
                        ""));
        framework.start();
        try {
            BundleContext context = framework.getBundleContext();
            for (Path api : FilterJar.libraries("bundles")) {
                context.installBundle(api.toUri().toString()).start();
            }
            Bundle filter = context.installBundle(FilterJar.path().toUri().toString());
            start(filter);

            assertThat(filter.getState(), is(Bundle.ACTIVE));
            // a class that cannot be linked fails here
            for (String name : entries(name -> name.startsWith("io/thr/filter/") && name.endsWith(".class"))) {
                var unused = filter.loadClass(name.replace('/', '.').replaceFirst("\\.class$", ""))
                        .getDeclaredMethods();
            }
            Class<?> url = filter.loadClass("io.thr.core.redis.RedisUrl");
            assertThat(
                    url.getMethod("parse", String.class)
                            .invoke(null, "redis://host")
                            .toString(),
                    containsString("host"));
        } finally {
            framework.stop();
            framework.waitForStop(10_000);
        }
    }

    private static void start(Bundle bundle) {
        try {
            bundle.start();
        } catch (BundleException e) {
            throw new AssertionError("the bundle cannot be resolved: " + e.getMessage(), e);
        }
    }
}
