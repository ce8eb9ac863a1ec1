package depot;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.jar.JarFile;
import java.util.logging.FileHandler;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;
import javax.xml.xpath.XPathFactory;
import org.xml.sax.InputSource;

/** Archives, XML, plug-ins, logs, files, processes and clients of itself. */
final class DataArea {
    static String gzip(Map<String, String> query, byte[] body) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(body);
        }
        return new String(new GZIPInputStream(new ByteArrayInputStream(out.toByteArray())).readAllBytes());
    }

    static String jar(Map<String, String> query, byte[] body) throws Exception {
        try (JarFile jar = new JarFile("plugin.jar"); var zip = FileSystems.newFileSystem(Path.of("plugin.jar"))) {
            return jar.getManifest().getMainAttributes().getValue("Created-By").matches("\\d+.*") + " "
                    + Files.exists(zip.getPath("/depot/plugin/LoudLabel.class"));
        }
    }

    static String plugin(Map<String, String> query, byte[] body) {
        return ServiceLoader.load(Label.class).findFirst().orElseThrow().of(query.get("item"));
    }

    static String xml(Map<String, String> query, byte[] body) throws Exception {
        var document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new ByteArrayInputStream(body));
        return XPathFactory.newInstance().newXPath().evaluate("//item[2]/@name", document);
    }

    static String xslt(Map<String, String> query, byte[] body) throws Exception {
        String sheet = "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><xsl:output method='text'/>"
                + "<xsl:template match='/'><xsl:for-each select='//item'>[<xsl:value-of select='@name'/>]</xsl:for-each></xsl:template></xsl:stylesheet>";
        StringWriter out = new StringWriter();
        TransformerFactory.newInstance().newTransformer(new StreamSource(new StringReader(sheet)))
                .transform(new StreamSource(new ByteArrayInputStream(body)), new StreamResult(out));
        return out.toString();
    }

    static String brokenXml(Map<String, String> query, byte[] body) throws Exception {
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader("<a>")));
        return "parsed";
    }

    static String log(Map<String, String> query, byte[] body) throws Exception {
        Path file = Path.of("data", "depot.log");
        FileHandler handler = new FileHandler(file.toString());
        handler.setFormatter(new SimpleFormatter());
        Logger logger = Logger.getLogger("depot");
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
        logger.log(Level.WARNING, "late by {0}", 5);
        handler.close();
        logger.removeHandler(handler);
        return Files.readString(file).contains("late by 5") ? "logged" : "silent";
    }

    static String child(Map<String, String> query, byte[] body) throws Exception {
        Process process = new ProcessBuilder("sh", "-c", "echo pare | tr a-z A-Z").redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes()).strip();
    }

    static String itself(Map<String, String> query, byte[] body) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:8080/health")).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    static String names(Map<String, String> query, byte[] body) throws Exception {
        return java.net.InetAddress.getByName("localhost").isLoopbackAddress() + " " + System.getProperty("user.name") + " "
                + Files.getOwner(Path.of("/etc/passwd")).getName();
    }

    static String serial(Map<String, String> query, byte[] body) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ObjectOutputStream objects = new ObjectOutputStream(out)) {
            objects.writeObject(List.of("a", "b"));
        }
        return String.valueOf(new ObjectInputStream(new ByteArrayInputStream(out.toByteArray())).readObject());
    }

    static String beans(Map<String, String> query, byte[] body) throws Exception {
        var memory = java.lang.management.ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        Properties properties = new Properties();
        properties.load(new StringReader("a=1"));
        return (memory.getMax() > 0) + " " + properties.getProperty("a");
    }

    static String types(Map<String, String> query, byte[] body) throws Exception {
        return java.net.URLConnection.guessContentTypeFromName("a.png") + " " + Files.probeContentType(Path.of("a.html"));
    }

    static String handle(Map<String, String> query, byte[] body) throws Exception {
        var type = java.lang.invoke.MethodType.methodType(String.class, int.class);
        return (String) java.lang.invoke.MethodHandleProxies.asInterfaceInstance(
                        Repeater.class, java.lang.invoke.MethodHandles.lookup().findVirtual(String.class, "repeat", type).bindTo("ab"))
                .times(3);
    }

    /** What the method handle is seen through. */
    public interface Repeater {
        Object times(int count);
    }
}
