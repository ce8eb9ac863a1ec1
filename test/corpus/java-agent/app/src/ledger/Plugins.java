package ledger;

public final class Plugins implements Page {
  @Override
  public String render(String query) throws Exception {
    var names = new java.util.TreeSet<String>();
    for (var each : java.util.ServiceLoader.load(Rounding.class)) names.add(each.name());
    return String.join(",", names);
  }
}
