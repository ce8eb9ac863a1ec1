package orders;

import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.text.NumberFormat;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;
import org.xml.sax.InputSource;

/** Each public method is a tool that is found by reflection. */
public final class Tools {
  static String run(String name, HttpServletRequest request) throws ReflectiveOperationException {
    return String.valueOf(Tools.class.getMethod(name, HttpServletRequest.class).invoke(null, request));
  }

  public static String zone(HttpServletRequest request) {
    return ZonedDateTime.of(2024, 7, 1, 12, 0, 0, 0, ZoneId.of("UTC")).withZoneSameInstant(ZoneId.of(request.getParameter("name"))).toString();
  }

  public static String money(HttpServletRequest request) {
    return NumberFormat.getCurrencyInstance(Locale.forLanguageTag(request.getParameter("locale"))).format(1234.5);
  }

  public static String day(HttpServletRequest request) {
    return ZonedDateTime.parse("2024-07-01T12:00:00Z").format(DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG).withLocale(Locale.forLanguageTag(request.getParameter("locale"))));
  }

  public static String encode(HttpServletRequest request) {
    return HexFormat.of().formatHex("日本".getBytes(Charset.forName(request.getParameter("name"))));
  }

  public static String digest(HttpServletRequest request) throws Exception {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA3-256").digest("x".getBytes()), 0, 4) + " " + generator.generateKeyPair().getPublic().getAlgorithm();
  }

  public static String zip(HttpServletRequest request) throws Exception {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("a.txt"));
      zip.write("packed".getBytes(StandardCharsets.UTF_8));
    }
    try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      zip.getNextEntry();
      return new String(zip.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  public static String xml(HttpServletRequest request) throws Exception {
    var document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader("<a><b>x</b></a>")));
    var sheet = "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><xsl:output method='text'/><xsl:template match='/'>[<xsl:value-of select='/a/b'/>]</xsl:template></xsl:stylesheet>";
    var out = new StringWriter();
    TransformerFactory.newInstance().newTransformer(new StreamSource(new StringReader(sheet))).transform(new javax.xml.transform.dom.DOMSource(document), new StreamResult(out));
    return out.toString();
  }

  public static String fetch(HttpServletRequest request) throws Exception {
    var answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + request.getLocalPort() + "/orders/health.txt")).build(), HttpResponse.BodyHandlers.ofString());
    return answer.body().strip();
  }

  public static String authorities(HttpServletRequest request) throws Exception {
    var factory = javax.net.ssl.TrustManagerFactory.getInstance(javax.net.ssl.TrustManagerFactory.getDefaultAlgorithm());
    factory.init((java.security.KeyStore) null);
    return ((javax.net.ssl.X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length > 100 ? "many" : "few";
  }

  public static String tls(HttpServletRequest request) throws Exception {
    return String.join(",", javax.net.ssl.SSLContext.getDefault().getSupportedSSLParameters().getProtocols());
  }

  public static String picture(HttpServletRequest request) throws Exception {
    var out = new ByteArrayOutputStream();
    javax.imageio.ImageIO.write(new java.awt.image.BufferedImage(2, 2, java.awt.image.BufferedImage.TYPE_INT_RGB), "png", out);
    return String.valueOf(javax.imageio.ImageIO.read(new ByteArrayInputStream(out.toByteArray())).getWidth());
  }

  public static String beans(HttpServletRequest request) throws Exception {
    return String.valueOf(java.lang.management.ManagementFactory.getPlatformMBeanServer().queryNames(new javax.management.ObjectName("Catalina:type=Connector,*"), null).size());
  }

  public static String child(HttpServletRequest request) throws Exception {
    var process = new ProcessBuilder("cat", "/etc/debian_version").start();
    return new String(process.getInputStream().readAllBytes()).split("\\.")[0];
  }
}
