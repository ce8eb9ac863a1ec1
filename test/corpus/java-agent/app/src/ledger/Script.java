package ledger;

public final class Script implements Page {
  @Override
  public String render(String query) throws Exception {
    var process = new ProcessBuilder("java", "-version").redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes()).contains("17.") ? "java 17" : "unknown";
  }
}
