package io.thr.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeJars;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;

@AnalyzeClasses(
        packages = "io.thr",
        importOptions = {DoNotIncludeTests.class, DoNotIncludeJars.class})
class ArchitectureTest {

    @ArchTest
    static final ArchTests shared = ArchTests.in(ArchitectureRules.class);

    @ArchTest
    static final ArchRule core_knows_neither_servlets_nor_jetty = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.servlet..", "org.eclipse.jetty..", "io.thr.filter..", "io.thr.dispatcher..");

    /** Times are the server's, which all nodes share; how long something lasts is measured by a clock that nobody sets. */
    @ArchTest
    static final ArchRule rate_policies_read_no_clock_of_the_machine = noClasses()
            .that()
            .resideInAPackage("io.thr.core.rate..")
            .or()
            .haveNameMatching("io\\.thr\\.core\\.redis\\.(Rate|RedisRate|LiveRate).*")
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Clock.class, InstantSource.class, Instant.class, Date.class);
}
