package io.thr.dispatcher;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeJars;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import io.thr.core.ArchitectureRules;

@AnalyzeClasses(
        packages = "io.thr.dispatcher",
        importOptions = {DoNotIncludeTests.class, DoNotIncludeJars.class})
class ArchitectureTest {

    @ArchTest
    static final ArchTests shared = ArchTests.in(ArchitectureRules.class);

    @ArchTest
    static final ArchRule dispatcher_knows_neither_servlets_nor_the_filter =
            noClasses().should().dependOnClassesThat().resideInAnyPackage("jakarta.servlet..", "io.thr.filter..");

    @ArchTest
    static final ArchRule only_the_upstream_package_knows_the_http_client = noClasses()
            .that()
            .resideOutsideOfPackage("io.thr.dispatcher.upstream..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.eclipse.jetty.client..");

    @ArchTest
    static final ArchRule only_the_upstream_and_the_admin_port_know_jetty = noClasses()
            .that()
            .resideOutsideOfPackages("io.thr.dispatcher.upstream..", "io.thr.dispatcher.admin..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.eclipse.jetty..");
}
