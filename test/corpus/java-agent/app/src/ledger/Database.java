package ledger;

public final class Database implements Page {
  @Override
  public String render(String query) throws Exception {
    return java.sql.DriverManager.drivers().count() + " " + new javax.sql.rowset.serial.SerialClob("x".toCharArray()).length();
  }
}
