package io.thr.spring;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import io.thr.core.ArchitectureRules;

/** The jars of the other modules are looked at, too: what is below must not know what is above. */
@AnalyzeClasses(packages = "io.thr", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchTests shared = ArchTests.in(ArchitectureRules.class);

    @ArchTest
    static final ArchRule only_the_starter_knows_spring = noClasses()
            .that()
            .resideInAnyPackage("io.thr.core..", "io.thr.filter..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..", "io.micrometer..", "io.thr.spring..");

    @ArchTest
    static final ArchRule the_starter_knows_the_filter_and_its_configuration = classes()
            .that()
            .resideInAPackage("io.thr.spring..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.thr.spring..",
                    "io.thr.filter..",
                    "io.thr.core.config..",
                    "io.thr.core.match..",
                    "org.springframework..",
                    "io.micrometer..",
                    "jakarta.servlet..",
                    "org.jspecify..",
                    "java..");

    @ArchTest
    static final ArchRule the_starter_needs_no_container = noClasses()
            .that()
            .resideInAPackage("io.thr.spring..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework.boot.tomcat..",
                    "org.springframework.boot.jetty..",
                    "org.springframework.web..",
                    "org.springframework.boot.actuate..");
}
