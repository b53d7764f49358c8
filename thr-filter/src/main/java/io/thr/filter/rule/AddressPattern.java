package io.thr.filter.rule;

import io.thr.core.match.CidrBlock;
import io.thr.core.match.IpAddress;
import io.thr.core.match.TextPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A pattern for addresses: exact texts are blocks (a single address is a block of one), so that it does not matter how an
 * address is written; globs and regular expressions see the canonical text.
 *
 * @param blocks one of which must hold the address, or
 * @param excluded sets of blocks, for one of which none may hold it, or
 * @param patterns one of which must match its text
 * @param source what was written
 */
record AddressPattern(
        List<CidrBlock> blocks, List<List<CidrBlock>> excluded, List<TextPattern> patterns, TextPattern source) {

    static AddressPattern of(String what, TextPattern source) {
        List<CidrBlock> blocks = new ArrayList<>();
        List<List<CidrBlock>> excluded = new ArrayList<>();
        List<TextPattern> patterns = new ArrayList<>();
        for (TextPattern alternative : source.alternatives()) {
            if (alternative instanceof TextPattern.Exact exact) {
                blocks.add(block(what, exact.text()));
            } else if (alternative instanceof TextPattern.Diff diff) {
                excluded.add(
                        diff.texts().stream().map(text -> block(what, text)).toList());
            } else {
                patterns.add(alternative);
            }
        }
        return new AddressPattern(List.copyOf(blocks), List.copyOf(excluded), List.copyOf(patterns), source);
    }

    boolean matches(String text) {
        for (TextPattern pattern : patterns) {
            if (pattern.matches(text)) {
                return true;
            }
        }
        if (blocks.isEmpty() && excluded.isEmpty()) {
            return false;
        }
        Optional<IpAddress> address = IpAddress.parse(text);
        return blocks.stream().anyMatch(block -> holds(block, address))
                || excluded.stream().anyMatch(none -> none.stream().noneMatch(block -> holds(block, address)));
    }

    @Override
    public String toString() {
        return source.toString();
    }

    private static boolean holds(CidrBlock block, Optional<IpAddress> address) {
        return address.isPresent() && block.contains(address.get());
    }

    private static CidrBlock block(String what, String text) {
        try {
            return CidrBlock.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(what + ", " + e.getMessage(), e);
        }
    }
}
