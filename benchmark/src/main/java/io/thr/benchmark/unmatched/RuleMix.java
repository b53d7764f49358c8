package io.thr.benchmark.unmatched;

import static io.thr.core.match.TextPattern.glob;
import static io.thr.filter.rule.Actions.then;
import static io.thr.filter.rule.Criteria.when;

import io.thr.filter.rule.Criteria;
import io.thr.filter.rule.RuleList;
import io.thr.filter.rule.Rules;

/** Rules as a site with many applications might have them, each of ten kinds in turn; all queue what they match. */
final class RuleMix {

    private static final int KINDS = 10;

    private RuleMix() {}

    static Rules of(int count) {
        RuleList rules = new RuleList();
        for (int i = 0; i < count; i++) {
            rules.add(criteria(i), then().setRedisQueue("thr:queue:" + i));
        }
        return rules.compile();
    }

    private static Criteria criteria(int i) {
        return switch (i % KINDS) {
            case 0 -> when().header("X-Tenant", "tenant-" + i);
            case 1 -> when().path(glob("/api/v1/items-" + i + "/*"));
            case 2 -> when().path("/login/" + i).method("POST");
            case 3 -> when().host("tenant-" + i + ".example.com");
            case 4 -> when().path(glob("/reports/" + i + "/*.pdf"));
            case 5 -> when().method("PUT", "DELETE").path(glob("/admin/" + i + "/*"));
            case 6 -> when().path("/shop/orders/" + i);
            case 7 -> when().path("/cart/" + i, "/basket/" + i);
            case 8 -> when().host("static-" + i + ".example.com").path(glob("*.html"));
            default -> when().path(glob("/shop/*")).header("X-Campaign", "campaign-" + i);
        };
    }
}
