package ledger;

public final class Authorities implements Page {
  @Override
  public String render(String query) throws Exception {
    var factory = javax.net.ssl.TrustManagerFactory.getInstance("PKIX");
    factory.init((java.security.KeyStore) null);
    return ((javax.net.ssl.X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length > 100 ? "many" : "few";
  }
}
