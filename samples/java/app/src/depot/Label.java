package depot;

/** What a plug-in found by ServiceLoader gives. */
public interface Label {
    String of(String item);
}
