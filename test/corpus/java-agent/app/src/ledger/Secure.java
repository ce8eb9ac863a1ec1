package ledger;

public final class Secure implements Page {
  @Override
  public String render(String query) throws Exception {
    var store = java.security.KeyStore.getInstance(new java.io.File("ledger.p12"), "changeit".toCharArray());
    var trust = javax.net.ssl.TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    var context = javax.net.ssl.SSLContext.getInstance("TLSv1.3");
    context.init(null, trust.getTrustManagers(), null);
    var client = java.net.http.HttpClient.newBuilder().sslContext(context).build();
    var answer = client.send(java.net.http.HttpRequest.newBuilder(java.net.URI.create("https://localhost:8443/health")).build(), java.net.http.HttpResponse.BodyHandlers.ofString());
    return answer.body() + " " + answer.sslSession().get().getProtocol();
  }
}
