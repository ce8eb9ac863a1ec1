package ledger;

public final class Metrics implements Page {
  @Override
  public String render(String query) throws Exception {
    return System.getProperty("meter.state") + " " + (Integer.getInteger("meter.classes") > 400);
  }
}
