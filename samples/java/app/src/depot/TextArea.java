package depot;

import java.nio.charset.Charset;
import java.text.Collator;
import java.text.MessageFormat;
import java.text.Normalizer;
import java.text.NumberFormat;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.ResourceBundle;
import java.util.regex.Pattern;

/** Charsets, languages and time zones. */
final class TextArea {
    static String decode(Map<String, String> query, byte[] body) {
        return new String(body, Charset.forName(query.get("charset")));
    }

    static String message(Map<String, String> query, byte[] body) {
        ResourceBundle bundle = ResourceBundle.getBundle("depot.messages", Locale.forLanguageTag(query.get("locale")));
        return MessageFormat.format("{0}, {1,number,integer}", bundle.getString("greeting"), 7);
    }

    static String date(Map<String, String> query, byte[] body) {
        return DateTimeFormatter.ofLocalizedDate(FormatStyle.FULL)
                .withLocale(Locale.forLanguageTag(query.get("locale")))
                .format(Instant.parse("2024-03-31T12:30:00Z").atZone(ZoneId.of(query.get("zone"))));
    }

    static String zone(Map<String, String> query, byte[] body) {
        return Instant.parse("2024-03-31T12:30:00Z").atZone(ZoneId.of(query.get("zone"))).toOffsetDateTime().toString();
    }

    static String number(Map<String, String> query, byte[] body) {
        return NumberFormat.getCurrencyInstance(Locale.forLanguageTag(query.get("locale"))).format(1234567.891);
    }

    static String sort(Map<String, String> query, byte[] body) {
        String[] words = {"z", "ä", "a"};
        Arrays.sort(words, Collator.getInstance(Locale.forLanguageTag(query.get("locale"))));
        return String.join(" ", words);
    }

    static String match(Map<String, String> query, byte[] body) {
        var matcher = Pattern.compile("(?<word>\\p{IsHan}+)", Pattern.UNICODE_CHARACTER_CLASS).matcher("abc 日本 def");
        return matcher.find() ? matcher.group("word") : "none";
    }

    static String normal(Map<String, String> query, byte[] body) {
        return Normalizer.normalize("e\u0301", Normalizer.Form.NFC).length() + " " + java.net.IDN.toASCII("bücher.example") + " " + Character.getName('é');
    }
}
