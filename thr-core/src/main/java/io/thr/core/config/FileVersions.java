package io.thr.core.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What tells one state of some files from the next without reading them: time, size and identity of each. Immutable. */
public final class FileVersions {

    private final Map<Path, Version> versions;

    private record Version(
            FileTime changed, long size, @Nullable Object identity) {}

    private FileVersions(Map<Path, Version> versions) {
        this.versions = versions;
    }

    /** Of these files as they are now; a link stands for what it leads to. */
    public static FileVersions of(List<Path> files) {
        Map<Path, Version> versions = new HashMap<>();
        for (Path file : files) {
            Version version = version(file);
            if (version != null) {
                versions.put(file, version);
            }
        }
        return new FileVersions(versions);
    }

    /** Null where it is not there. */
    private static @Nullable Version version(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
        } catch (IOException e) {
            return null;
        }
    }

    /** These, and those of further files. */
    public FileVersions and(FileVersions further) {
        Map<Path, Version> both = new HashMap<>(further.versions);
        both.putAll(versions);
        return new FileVersions(both);
    }

    /** Whether that file is there. */
    boolean has(Path file) {
        return versions.containsKey(file);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FileVersions that && versions.equals(that.versions);
    }

    @Override
    public int hashCode() {
        return versions.hashCode();
    }
}
