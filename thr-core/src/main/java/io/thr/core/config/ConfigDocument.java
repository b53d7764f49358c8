package io.thr.core.config;

import static java.lang.System.Logger.Level.WARNING;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeType;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A YAML file (JSON is YAML) that is being read into settings. Whoever reads goes on after a mistake and takes what he
 * gets; {@link #check()} at the end throws all mistakes at once:
 *
 * <pre>{@code
 * ConfigDocument document = ConfigDocument.read(file, System.getenv());
 * ConfigMap root = document.root();
 * Duration timeout = root.duration("timeout", Duration.ofMillis(1)).orElse(DEFAULT_TIMEOUT);
 * for (ConfigValue queue : root.list("queues")) { … }
 * document.check();
 * }</pre>
 *
 * A key that nobody asked for by then is a mistake too. For one thread.
 */
public final class ConfigDocument {

    /** The largest file that is read, in bytes. */
    public static final int MAX_BYTES = 4 << 20;

    private static final System.Logger LOG = System.getLogger(ConfigDocument.class.getName());

    private final Problems problems;
    private final Problems warnings;
    private final Environment environment;
    private final Map<Node, ConfigMap> maps = new LinkedHashMap<>();
    private final ConfigMap root;

    private ConfigDocument(Problems problems, Environment environment, Node rootNode) {
        this.problems = problems;
        this.warnings = problems.ofSameFile();
        this.environment = environment;
        this.root = new ConfigValue(this, "the file", rootNode).map();
    }

    /**
     * Reads a file in UTF-8 of at most {@link #MAX_BYTES} bytes.
     *
     * @param environment the values of {@code ${NAME}}; usually {@link System#getenv()}
     * @throws ConfigException where it cannot be read, or is no YAML, or no mapping
     */
    public static ConfigDocument read(Path file, Map<String, String> environment) {
        return parse(TextFile.read(file), environment);
    }

    /** The same of a file that has been read. */
    public static ConfigDocument parse(TextFile file, Map<String, String> environment) {
        return parse(file.name(), file.text(), environment);
    }

    /**
     * Reads a text.
     *
     * @param name what problems call the file
     * @param environment the values of {@code ${NAME}}; usually {@link System#getenv()}
     * @throws ConfigException where it is no YAML, or no mapping
     */
    public static ConfigDocument parse(String name, String text, Map<String, String> environment) {
        Problems problems = new Problems(name);
        Node root = YamlTree.of(name, text, problems).orElse(null);
        problems.throwIfAny();
        if (root == null || isEmpty(root)) {
            throw failed(name, "empty (expected: a mapping of settings)");
        }
        ConfigDocument document = new ConfigDocument(problems, new Environment(Map.copyOf(environment)), root);
        if (!(root instanceof MappingNode)) {
            problems.throwIfAny();
        }
        return document;
    }

    /** The mapping that the file is. */
    public ConfigMap root() {
        return root;
    }

    /**
     * Ends the reading, and logs the warnings.
     *
     * @throws ConfigException with everything that was wrong, in the order of the file
     */
    public void check() {
        maps.values().forEach(ConfigMap::reportUnknownKeys);
        problems.throwIfAny();
        warnings.inReadingOrder().forEach(warning -> LOG.log(WARNING, warning.toString()));
    }

    Problems warnings() {
        return warnings;
    }

    Problems problems() {
        return problems;
    }

    Environment environment() {
        return environment;
    }

    /** The mapping of that node, one however often it is asked for, so that it knows all keys asked for. */
    ConfigMap map(ConfigValue owner, MappingNode node) {
        return maps.computeIfAbsent(node, unread -> new ConfigMap(this, owner, node));
    }

    ConfigMap emptyMap(ConfigValue owner) {
        return new ConfigMap(this, owner, null);
    }

    private static boolean isEmpty(Node root) {
        return (root.getNodeType() == NodeType.SCALAR
                        && ((ScalarNode) root).getValue().isBlank())
                || (root.getNodeType() == NodeType.SEQUENCE
                        && ((SequenceNode) root).getValue().isEmpty());
    }

    private static ConfigException failed(String name, String message) {
        return new ConfigException(List.of(Problem.ofFile(name, message)));
    }
}
