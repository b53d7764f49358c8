package io.thr.core.source;

import static java.lang.System.Logger.Level.DEBUG;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a compiler finds the classes that a class loader sees, as directories and jars. A container's loaders are no secret:
 * they extend {@link URLClassLoader}, as the compilers of server pages need it, too. The JVM's own class path is told by a
 * system property; and where our own jar is, in whatever loader, is told by its classes.
 *
 * <p>A jar within an archive (a war that is not unpacked, an executable jar) is copied into a temporary file for as long
 * as this is open. For one thread.
 */
final class VisibleClassPath implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(VisibleClassPath.class.getName());

    private static final String IN_ARCHIVE = "!/";

    private final Set<Path> paths = new LinkedHashSet<>();
    private final List<Path> copies = new ArrayList<>();
    private final List<FileSystem> opened = new ArrayList<>();

    /**
     * What that loader sees.
     *
     * @param known classes that it sees
     */
    VisibleClassPath(ClassLoader loader, List<Class<?>> known) {
        for (ClassLoader each = loader; each != null; each = each.getParent()) {
            if (each instanceof URLClassLoader urls) {
                List.of(urls.getURLs()).forEach(this::add);
            }
            if (each == ClassLoader.getSystemClassLoader()) {
                addOfJvm();
            }
        }
        for (Class<?> one : known) {
            CodeSource source = one.getProtectionDomain().getCodeSource();
            if (source != null && source.getLocation() != null) {
                add(source.getLocation());
            }
        }
    }

    /** The directories and jars, the loader's before its parents'. */
    List<Path> paths() {
        return List.copyOf(paths);
    }

    private void addOfJvm() {
        for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            addIfThere(Path.of(entry));
        }
    }

    private void add(URL url) {
        try {
            addIfThere(located(url.toString()));
        } catch (IOException | InvalidPathException e) {
            // One without which the source may well compile; where not, the compiler tells what it misses
            LOG.log(DEBUG, "not for the compiler: " + url, e);
        }
    }

    private void addIfThere(Path path) {
        if (Files.exists(path)) {
            paths.add(path.toAbsolutePath());
        }
    }

    private Path located(String url) throws IOException {
        if (!url.startsWith("jar:")) {
            return file(url);
        }
        String inner = url.substring("jar:".length());
        int end = inner.lastIndexOf(IN_ARCHIVE);
        if (end < 0) {
            throw new IOException("no archive is named");
        }
        String place = inner.substring(0, end);
        Path archive = place.contains(IN_ARCHIVE) ? copy("jar:" + place) : file(place);
        String directory = inner.substring(end + IN_ARCHIVE.length());
        return directory.isEmpty() ? archive : open(archive).getPath(directory);
    }

    /** The file itself, or a copy of what is no file. */
    private Path file(String url) throws IOException {
        if (!url.startsWith("file:")) {
            return copy(url);
        }
        try {
            return Path.of(new URI(url));
        } catch (URISyntaxException | IllegalArgumentException e) { // a blank that nobody has escaped
            return Path.of(new URL(url).getPath());
        }
    }

    private Path copy(String url) throws IOException {
        if (url.endsWith("/")) {
            throw new IOException("a directory that is not one of a file system");
        }
        Path copy = Files.createTempFile("thr-", ".jar");
        copies.add(copy);
        try (InputStream in = new URL(url).openStream()) {
            Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
        }
        return copy;
    }

    private FileSystem open(Path archive) throws IOException {
        FileSystem open = FileSystems.newFileSystem(archive, (@Nullable ClassLoader) null);
        opened.add(open);
        return open;
    }

    @Override
    public void close() {
        opened.forEach(VisibleClassPath::close);
        copies.forEach(VisibleClassPath::delete);
    }

    private static void close(FileSystem open) {
        try {
            open.close();
        } catch (IOException e) {
            LOG.log(DEBUG, "could not be closed: " + open, e);
        }
    }

    private static void delete(Path copy) {
        try {
            Files.deleteIfExists(copy);
        } catch (IOException e) {
            LOG.log(DEBUG, "could not be deleted: " + copy, e);
        }
    }
}
