package ledger;

public interface Rounding {
  String name();

  final class Up implements Rounding {
    public String name() {
      return "up";
    }
  }

  final class Down implements Rounding {
    public String name() {
      return "down";
    }
  }
}
