package io.thr.spring;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;

/** Properties as the tree that they were in their file. */
sealed interface PropertyNode {

    /** The first property in it, which says where it stands. */
    ConfigurationProperty first();

    /** A value. */
    record Leaf(ConfigurationProperty property) implements PropertyNode {

        @Override
        public ConfigurationProperty first() {
            return property;
        }
    }

    /** A mapping, or a list where all keys are indexes, in the order of the file. For one thread. */
    final class Branch implements PropertyNode {

        private final ConfigurationProperty first;
        private final Map<String, PropertyNode> children = new LinkedHashMap<>();
        private boolean isList = true;

        Branch(ConfigurationProperty first) {
            this.first = first;
        }

        @Override
        public ConfigurationProperty first() {
            return first;
        }

        boolean isList() {
            return isList;
        }

        Map<String, PropertyNode> children() {
            return children;
        }

        /** Adds a property; the elements of its name before {@code depth} lead here. */
        void add(ConfigurationProperty property, int depth) {
            ConfigurationPropertyName name = property.getName();
            String key = name.getElement(depth, Form.ORIGINAL);
            isList &= name.isNumericIndex(depth);
            if (depth == name.getNumberOfElements() - 1) {
                children.putIfAbsent(key, new Leaf(property));
            } else {
                branch(key, property).add(property, depth + 1);
            }
        }

        /** The branch of that key; a value beside it, which only a flat file can have, gives way. */
        private Branch branch(String key, ConfigurationProperty property) {
            @Nullable PropertyNode there = children.get(key);
            if (there instanceof Branch branch) {
                return branch;
            }
            Branch branch = new Branch(property);
            children.put(key, branch);
            return branch;
        }
    }
}
