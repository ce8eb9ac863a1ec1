package ledger;

public final class Log implements Page {
  @Override
  public String render(String query) throws Exception {
    var out = new java.io.ByteArrayOutputStream();
    var logger = java.util.logging.Logger.getLogger("ledger");
    logger.addHandler(new java.util.logging.StreamHandler(out, new java.util.logging.XMLFormatter()));
    logger.warning("seen");
    logger.getHandlers()[0].flush();
    return out.toString().contains("<message>seen</message>") ? "logged" : "silent";
  }
}
