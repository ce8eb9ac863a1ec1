package depot;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;

/** A depot on the JDK's own HTTP server: what a slimming tool has to keep although no probe asks for it. */
public final class Main {
    interface Handler {
        String answer(Map<String, String> query, byte[] body) throws Exception;
    }

    /** The classes of the areas are loaded by the first request of each. */
    private static Handler area(String path) throws ReflectiveOperationException {
        String[] parts = path.substring(1).split("/");
        if (parts.length != 2 || !parts[0].matches("[a-z]+")) return null;
        String name = Character.toUpperCase(parts[0].charAt(0)) + parts[0].substring(1);
        try {
            var method = Class.forName("depot." + name + "Area").getDeclaredMethod(parts[1], Map.class, byte[].class);
            return (query, body) -> {
                try {
                    return (String) method.invoke(null, query, body);
                } catch (java.lang.reflect.InvocationTargetException e) {
                    throw e.getCause() instanceof Exception cause ? cause : e;
                }
            };
        } catch (ClassNotFoundException | NoSuchMethodException e) {
            return null;
        }
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> found = new HashMap<>();
        if (raw == null) return found;
        for (String pair : raw.split("&")) {
            String[] parts = pair.split("=", 2);
            found.put(parts[0], parts.length == 2 ? URLDecoder.decode(parts[1], StandardCharsets.UTF_8) : "");
        }
        return found;
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        send(exchange, status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    private static void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        try (InputStream in = exchange.getRequestBody()) {
            if (path.equals("/health")) {
                send(exchange, 200, "up");
            } else if (path.equals("/")) {
                try (InputStream page = Main.class.getResourceAsStream("index.html")) {
                    send(exchange, 200, "text/html; charset=utf-8", page.readAllBytes());
                }
            } else {
                Handler handler = area(path);
                if (handler == null) send(exchange, 404, "nothing at " + path);
                else send(exchange, 200, handler.answer(query(exchange.getRequestURI().getRawQuery()), in.readAllBytes()));
            }
        } catch (Exception e) {
            send(exchange, 500, e.getClass().getName() + ": " + e.getMessage());
        }
    }

    public static void main(String[] arguments) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("0.0.0.0", 8080), 64);
        server.createContext("/", Main::handle);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
    }
}
