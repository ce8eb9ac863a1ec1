package ledger;

public final class Fail implements Page {
  @Override
  public String render(String query) throws Exception {
    throw new IllegalStateException("broken on purpose");
  }
}
