package ledger;

public final class Compiler implements Page {
  @Override
  public String render(String query) throws Exception {
    return javax.tools.ToolProvider.getSystemJavaCompiler() == null ? "none" : "there";
  }
}
