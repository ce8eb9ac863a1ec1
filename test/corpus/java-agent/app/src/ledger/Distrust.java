package ledger;

public final class Distrust implements Page {
  @Override
  public String render(String query) throws Exception {
    try {
      new java.net.URL("https://localhost:8443/health").openStream().close();
      return "trusted";
    } catch (javax.net.ssl.SSLHandshakeException error) {
      return "refused";
    }
  }
}
