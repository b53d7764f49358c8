package io.thr.admin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The page's files: those that the build has found, each under the one path that is its name. Held in memory, so that no path of a
 * request is ever looked up anywhere. Immutable.
 */
final class Page {

    /** Where they are, beside this class. */
    static final String FOLDER = "page/";

    /** Written by the build (bnd.bnd): the names of all files there, separated by commas. */
    private static final String LIST = "page-files.txt";

    private static final String INDEX = "index.html";

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "txt", "text/plain; charset=utf-8",
            "svg", "image/svg+xml",
            "png", "image/png",
            "ico", "image/vnd.microsoft.icon",
            "webmanifest", "application/manifest+json");

    private final Map<String, AdminResponse> files = new HashMap<>();

    /** Reads those of that folder. */
    Page(String folder, List<String> names) {
        for (String name : names) {
            String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
            if (type != null) {
                files.put(name.equals(INDEX) ? "/" : "/" + name, file(type, read(folder + name)));
            }
        }
    }

    /** The names that the build has found. */
    static List<String> names() {
        String list = new String(read(LIST), StandardCharsets.UTF_8).strip();
        return list.isEmpty() ? List.of() : Arrays.asList(list.split(",", -1));
    }

    private static byte[] read(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static AdminResponse file(String type, byte[] bytes) {
        return AdminResponse.text(type, bytes).with("Cache-Control", "no-cache").with("ETag", tag(bytes));
    }

    private static String tag(byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return "\"" + HexFormat.of().formatHex(hash, 0, 12) + "\"";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The file at that path, or that it has not changed; null where there is none. */
    @Nullable
    AdminResponse at(AdminRequest request) {
        AdminResponse file = files.get(request.path());
        if (file == null) {
            return null;
        }
        String tag = String.valueOf(file.fields().get("ETag"));
        String known = request.field("If-None-Match");
        return known != null && known.contains(tag)
                ? AdminResponse.empty(304).with("Cache-Control", "no-cache").with("ETag", tag)
                : file;
    }

    /** Whether there is a file at that path. */
    boolean has(String path) {
        return files.containsKey(path);
    }
}
