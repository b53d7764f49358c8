package io.thr.examples;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.is;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** An example that is a project of its own: a copy of its sources, and what Maven would make of them. */
final class ExampleProject {

    /** What this test sees: more than the dependencies of any example. */
    static final String CLASS_PATH = System.getProperty("java.class.path", "");

    private final Path copy;

    private ExampleProject(Path copy) {
        this.copy = copy;
    }

    /** Copies the sources of the example in that folder into that directory. */
    static ExampleProject copy(Path folder, Path directory, Replacements replacements) throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("src"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = directory.resolve(folder.relativize(file));
                Files.createDirectories(Objects.requireNonNull(target.getParent()));
                Files.writeString(target, replacements.in(Files.readString(file)));
            }
        }
        return new ExampleProject(directory);
    }

    /** The directory of its classes, compiled without a warning. */
    Path classes() throws IOException {
        Path classes = copy.resolve("target/classes");
        compileTo(classes);
        return classes;
    }

    private void compileTo(Path classes) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("--release", "17", "-Xlint:all,-path", "-Werror", "-proc:none"));
        arguments.addAll(List.of("-cp", CLASS_PATH, "-d", classes.toString()));
        try (Stream<Path> files = Files.walk(copy.resolve("src/main/java"))) {
            files.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int result = ToolProvider.getSystemJavaCompiler().run(null, said, said, arguments.toArray(String[]::new));
        assertThat(said.toString(StandardCharsets.UTF_8), result, is(0));
    }

    /** A directory laid out like its war, with that jar as its only library. */
    Path war(Path library) throws IOException {
        Path war = copy.resolve("src/main/webapp");
        compileTo(war.resolve("WEB-INF/classes"));
        Path target = Files.createDirectories(war.resolve("WEB-INF/lib")).resolve(library.getFileName());
        Files.copy(library, target);
        return war;
    }
}
