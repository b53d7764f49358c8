package io.thr.filter;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeJars;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import io.thr.core.ArchitectureRules;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

@AnalyzeClasses(
        packages = "io.thr",
        importOptions = {DoNotIncludeTests.class, DoNotIncludeJars.class})
class ArchitectureTest {

    @ArchTest
    static final ArchTests shared = ArchTests.in(ArchitectureRules.class);

    @ArchTest
    static final ArchRule the_filter_knows_no_container_and_no_dispatcher = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.eclipse.jetty..", "org.apache.catalina..", "io.undertow..", "io.thr.dispatcher..");

    /** The JDK's one thread for them keeps the class loader of the web application that used them first. */
    @ArchTest
    static final ArchRule time_limits_are_our_own = noClasses()
            .should()
            .callMethod(CompletableFuture.class, "orTimeout", long.class, TimeUnit.class)
            .orShould()
            .callMethod(CompletableFuture.class, "completeOnTimeout", Object.class, long.class, TimeUnit.class);

    @ArchTest
    static final ArchRule rules_and_their_file_know_no_servlets = noClasses()
            .that()
            .resideInAnyPackage("io.thr.filter.rule..", "io.thr.filter.config..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jakarta.servlet..");
}
