package io.thr.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** What is written in a pom.xml, without what Maven makes of it. */
final class Pom {

    private final Document document;

    private Pom(Document document) {
        this.document = document;
    }

    /**
     * Reads it.
     *
     * @throws SAXException where it is not well-formed
     */
    static Pom read(Path file) throws IOException, SAXException, ParserConfigurationException {
        return new Pom(DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile()));
    }

    /** The project's own version. */
    String version() {
        return child(document.getDocumentElement(), "version");
    }

    /** The value of a property. */
    String property(String name) {
        return document.getElementsByTagName(name).item(0).getTextContent();
    }

    /** The versions that it names of dependencies and plugins, by artifactId. */
    Map<String, String> versions() {
        Map<String, String> versions = new TreeMap<>();
        for (String kind : new String[] {"dependency", "plugin"}) {
            NodeList elements = document.getElementsByTagName(kind);
            for (int i = 0; i < elements.getLength(); i++) {
                Element element = (Element) elements.item(i);
                versions.put(child(element, "artifactId"), child(element, "version"));
            }
        }
        return versions;
    }

    private static String child(Element element, String name) {
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node.getNodeName().equals(name)) {
                return node.getTextContent();
            }
        }
        throw new IllegalStateException(element.getNodeName() + ": no " + name + ": " + element.getTextContent());
    }
}
