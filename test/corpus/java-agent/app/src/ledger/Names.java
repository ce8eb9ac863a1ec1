package ledger;

public final class Names implements Page {
  @Override
  public String render(String query) throws Exception {
    var context = new javax.naming.InitialContext(new java.util.Hashtable<>(java.util.Map.of("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory", "java.naming.provider.url", "dns://127.0.0.1")));
    return context.getNameInNamespace().isEmpty() ? "dns" : "other";
  }
}
