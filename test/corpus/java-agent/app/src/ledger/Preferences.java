package ledger;

public final class Preferences implements Page {
  @Override
  public String render(String query) throws Exception {
    var root = java.util.prefs.Preferences.userRoot().node("ledger");
    root.put("a", "b");
    return root.get("a", "none");
  }
}
