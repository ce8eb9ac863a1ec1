package ledger;

public final class Charset implements Page {
  @Override
  public String render(String query) throws Exception {
    return java.util.HexFormat.of().formatHex("日本".getBytes(query));
  }
}
