package io.thr.core.config;

import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
        String name = file.toString();
        return parse(name, decoded(name, bytesOf(file, name)), environment);
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

    private static byte[] bytesOf(Path file, String name) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw failed(name, "more than " + MAX_BYTES + " bytes (expected: at most that)");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw failed(name, "no such file");
        } catch (AccessDeniedException e) {
            throw failed(name, "must not be read (access denied)");
        } catch (IOException e) {
            throw failed(name, Files.isDirectory(file) ? "a directory (expected: a file)" : "cannot be read: " + e);
        }
    }

    private static String decoded(String name, byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        CoderResult result = decoder.decode(in, out, true);
        out.flip();
        String text = out.toString();
        if (result.isError()) {
            int line = (int) text.chars().filter(c -> c == '\n').count() + 1;
            int column = text.length() - (text.lastIndexOf('\n') + 1) + 1;
            throw new ConfigException(List.of(new Problem(
                    name, line, column, String.format("byte 0x%02x is not UTF-8", bytes[in.position()] & 0xff))));
        }
        return text.startsWith("\ufeff") ? text.substring(1) : text;
    }

    private static ConfigException failed(String name, String message) {
        return new ConfigException(List.of(Problem.ofFile(name, message)));
    }
}
