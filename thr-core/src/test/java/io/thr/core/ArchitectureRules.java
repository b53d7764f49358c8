package io.thr.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The invariants of the house that every module's {@code ArchitectureTest} checks for itself. */
public final class ArchitectureRules {

    @ArchTest
    static final ArchRule packages_are_free_of_cycles =
            slices().matching("io.thr.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule only_core_redis_knows_jedis = noClasses()
            .that()
            .resideOutsideOfPackage("io.thr.core.redis..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("redis.clients..")
            .allowEmptyShould(true);

    private ArchitectureRules() {}
}
