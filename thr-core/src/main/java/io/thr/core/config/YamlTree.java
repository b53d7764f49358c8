package io.thr.core.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Turns text into a tree of nodes that may be walked without harm: not deeper than {@value #MAX_DEPTH} as it is written,
 * no node within itself, and with every alias followed not larger than {@value #MAX_NODES} nodes. (The composer
 * recurses into the depth, and a chain of aliases doubles a tree at every line.)
 */
final class YamlTree {

    static final int MAX_DEPTH = 50;
    static final int MAX_NODES = 1_000_000;

    private final Problems problems;
    private final Map<Node, Long> sizes = new HashMap<>();

    private YamlTree(Problems problems) {
        this.problems = problems;
    }

    /** The root, or nothing where there is none or it must not be walked: then the problem has been added. */
    static Optional<Node> of(String name, String text, Problems problems) {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(name)
                .setAllowNonScalarKeys(true)
                .setAllowRecursiveKeys(true)
                .setCodePointLimit(Integer.MAX_VALUE)
                .build();
        YamlTree tree = new YamlTree(problems);
        try {
            if (!tree.isShallow(settings, text)) {
                return Optional.empty();
            }
            return new Compose(settings).composeString(text).filter(tree::isBounded);
        } catch (MarkedYamlEngineException e) {
            problems.add(
                    e.getProblemMark().or(e::getContextMark),
                    "not YAML: " + (e.getContext() == null ? "" : e.getContext() + ": ") + e.getProblem());
        } catch (YamlEngineException e) {
            problems.add(Optional.empty(), "not YAML: " + e.getMessage());
        }
        return Optional.empty();
    }

    private boolean isShallow(LoadSettings settings, String text) {
        int depth = 0;
        for (Event event : new Parse(settings).parseString(text)) {
            Event.ID id = event.getEventId();
            if (id == Event.ID.MappingStart || id == Event.ID.SequenceStart) {
                depth++;
            } else if (id == Event.ID.MappingEnd || id == Event.ID.SequenceEnd) {
                depth--;
            }
            if (depth > MAX_DEPTH) {
                problems.add(event.getStartMark(), "nested too deeply (expected: at most " + MAX_DEPTH + " levels)");
                return false;
            }
        }
        return true;
    }

    private boolean isBounded(Node root) {
        Long size = sizeOf(root);
        if (size != null && size > MAX_NODES) {
            problems.add(root, "too large with its aliases followed (expected: at most " + MAX_NODES + " values)");
        }
        return size != null && size <= MAX_NODES;
    }

    /** How many nodes a walk would meet, or null where it would never end. */
    private @Nullable Long sizeOf(Node node) {
        Long known = sizes.get(node);
        if (known != null) {
            if (known < 0) {
                problems.add(node, "contains itself, by an alias");
                return null;
            }
            return known;
        }
        sizes.put(node, -1L);
        long size = 1;
        for (Node child : childrenOf(node)) {
            Long childSize = sizeOf(child);
            if (childSize == null) {
                return null;
            }
            size = Math.min(size + childSize, MAX_NODES + 1L);
        }
        sizes.put(node, size);
        return size;
    }

    private static List<Node> childrenOf(Node node) {
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        if (node instanceof MappingNode mapping) {
            return mapping.getValue().stream()
                    .flatMap(tuple -> Stream.of(tuple.getKeyNode(), tuple.getValueNode()))
                    .toList();
        }
        return List.of();
    }
}
