package ledger;

public final class Files implements Page {
  @Override
  public String render(String query) throws Exception {
    var directory = java.nio.file.Files.createTempDirectory("ledger");
    var zip = java.net.URI.create("jar:" + directory.resolve("a.zip").toUri());
    try (var system = java.nio.file.FileSystems.newFileSystem(zip, java.util.Map.of("create", "true"))) {
      java.nio.file.Files.writeString(system.getPath("/a"), "x");
    }
    try (var service = directory.getFileSystem().newWatchService()) {
      directory.register(service, java.nio.file.StandardWatchEventKinds.ENTRY_CREATE);
    }
    return java.nio.file.Files.probeContentType(java.nio.file.Path.of("a.png")) + " " + java.nio.file.Files.getOwner(directory);
  }
}
