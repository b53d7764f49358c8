package io.thr.core.source;

import java.util.Map;

/**
 * Holds the classes of one source file. What has been compiled goes before what the class path has under the same name, which
 * may be an older version of it. Nothing refers to it but its classes and their instances, so that it goes with them.
 *
 * <p>It is called as the file is: the lines of a stack trace that are in the file show its path.
 */
final class SourceClassLoader extends ClassLoader {

    static {
        registerAsParallelCapable();
    }

    private final Map<String, byte[]> compiled;

    SourceClassLoader(String file, Map<String, byte[]> compiled, ClassLoader parent) {
        super(file, parent);
        this.compiled = Map.copyOf(compiled);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!compiled.containsKey(name)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? findClass(name) : loaded;
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        byte[] bytes = compiled.get(name);
        if (bytes == null) {
            throw new ClassNotFoundException(name);
        }
        return defineClass(name, bytes, 0, bytes.length);
    }
}
