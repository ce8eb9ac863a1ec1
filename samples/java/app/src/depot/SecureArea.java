package depot;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Signature;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** TLS, key stores, digests and signatures. */
final class SecureArea {
    private static SSLContext context() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(Path.of("depot.p12"))) {
            store.load(in, "changeit".toCharArray());
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, "changeit".toCharArray());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("depot", store.getCertificate("depot"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    static String tls(Map<String, String> query, byte[] body) throws Exception {
        SSLContext context = context();
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 6);
            exchange.getResponseBody().write("sealed".getBytes());
            exchange.close();
        });
        server.start();
        try {
            HttpClient client = HttpClient.newBuilder().sslContext(context).build();
            var answer = client.send(
                    HttpRequest.newBuilder(URI.create("https://localhost:" + server.getAddress().getPort() + "/")).build(),
                    HttpResponse.BodyHandlers.ofString());
            return answer.body() + " " + answer.sslSession().orElseThrow().getProtocol();
        } finally {
            server.stop(0);
        }
    }

    static String authorities(Map<String, String> query, byte[] body) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init((KeyStore) null);
        return ((X509TrustManager) trust.getTrustManagers()[0]).getAcceptedIssuers().length > 100 ? "many" : "few";
    }

    static String digest(Map<String, String> query, byte[] body) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(query.get("name")).digest(body)).substring(0, 16);
    }

    static String cipher(Map<String, String> query, byte[] body) throws Exception {
        byte[] key = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                .generateSecret(new PBEKeySpec("secret".toCharArray(), "salt".getBytes(), 1000, 256)).getEncoded();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, new byte[12]));
        byte[] sealed = cipher.doFinal("plain".getBytes());
        cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, new byte[12]));
        return new String(cipher.doFinal(sealed));
    }

    static String sign(Map<String, String> query, byte[] body) throws Exception {
        var pair = KeyPairGenerator.getInstance(query.get("key")).generateKeyPair();
        Signature signature = Signature.getInstance(query.get("name"));
        signature.initSign(pair.getPrivate());
        signature.update(body);
        byte[] signed = signature.sign();
        signature.initVerify(pair.getPublic());
        signature.update(body);
        return signature.verify(signed) ? "verified" : "forged";
    }

    static String random(Map<String, String> query, byte[] body) throws Exception {
        return String.valueOf(SecureRandom.getInstance("NativePRNG").generateSeed(8).length) + " " + java.util.UUID.randomUUID().toString().length();
    }
}
