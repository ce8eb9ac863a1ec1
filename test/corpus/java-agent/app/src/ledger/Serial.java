package ledger;

public final class Serial implements Page {
  @Override
  public String render(String query) throws Exception {
    var bytes = new java.io.ByteArrayOutputStream();
    new java.io.ObjectOutputStream(bytes).writeObject(java.util.List.of(1, 2));
    return new java.io.ObjectInputStream(new java.io.ByteArrayInputStream(bytes.toByteArray())).readObject().toString();
  }
}
