package ledger;

public interface Page {
  String render(String query) throws Exception;
}
