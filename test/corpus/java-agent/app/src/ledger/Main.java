package ledger;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

public final class Main {
  public static void main(String[] arguments) throws Exception {
    var plain = HttpServer.create(new InetSocketAddress(8080), 0);
    plain.createContext("/", new Pages());
    plain.setExecutor(Executors.newFixedThreadPool(4));
    plain.start();
    var secure = HttpsServer.create(new InetSocketAddress(8443), 0);
    secure.setHttpsConfigurator(new HttpsConfigurator(context()));
    secure.createContext("/", new Pages());
    secure.setExecutor(Executors.newFixedThreadPool(4));
    secure.start();
  }

  private static SSLContext context() throws Exception {
    var store = KeyStore.getInstance("PKCS12");
    try (var file = new FileInputStream("ledger.p12")) {
      store.load(file, "changeit".toCharArray());
    }
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, "changeit".toCharArray());
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  /** Answers /NAME by the class ledger.NAME, loaded by its name. */
  private static final class Pages implements HttpHandler {
    @Override
    public void handle(HttpExchange exchange) throws IOException {
      String path = exchange.getRequestURI().getPath();
      int status = 200;
      String text;
      try {
        text = path.equals("/health") ? "fine" : page(path.substring(1)).render(exchange.getRequestURI().getQuery());
      } catch (ClassNotFoundException error) {
        status = 404;
        text = "nothing at " + path;
      } catch (Exception error) {
        status = 500;
        text = String.valueOf(error);
      }
      byte[] body = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain;charset=UTF-8");
      exchange.sendResponseHeaders(status, body.length);
      try (var out = exchange.getResponseBody()) {
        out.write(body);
      }
    }

    private static Page page(String name) throws Exception {
      String type = "ledger." + Character.toUpperCase(name.charAt(0)) + name.substring(1);
      return (Page) Class.forName(type).getDeclaredConstructor().newInstance();
    }
  }
}
