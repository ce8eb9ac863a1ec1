package depot.plugin;

import depot.Label;

public final class LoudLabel implements Label {
    @Override
    public String of(String item) {
        return item.toUpperCase(java.util.Locale.ROOT) + "!";
    }
}
