package ledger;

public final class Greeting implements Page {
  @Override
  public String render(String query) throws Exception {
    var locale = java.util.Locale.forLanguageTag(query);
    return java.util.ResourceBundle.getBundle("ledger.words", locale).getString("hello") + " " + java.text.NumberFormat.getInstance(locale).format(1234.5) + " " + java.time.DayOfWeek.MONDAY.getDisplayName(java.time.format.TextStyle.FULL, locale);
  }
}
