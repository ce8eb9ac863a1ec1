package ledger;

public final class Beans implements Page {
  @Override
  public String render(String query) throws Exception {
    var runtime = java.lang.management.ManagementFactory.getPlatformMBeanServer();
    return runtime.getAttribute(new javax.management.ObjectName("java.lang:type=Runtime"), "SpecVersion").toString() + " " + runtime.isRegistered(new javax.management.ObjectName("com.sun.management:type=DiagnosticCommand"));
  }
}
