package meter;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.concurrent.atomic.AtomicInteger;

public final class Agent {
  public static void premain(String options, Instrumentation instrumentation) {
    var seen = new AtomicInteger();
    instrumentation.addTransformer(new ClassFileTransformer() {
      @Override
      public byte[] transform(ClassLoader loader, String name, Class<?> type, ProtectionDomain domain, byte[] bytes) {
        System.setProperty("meter.state", options + (seen.incrementAndGet() > 0 ? " on" : ""));
        System.setProperty("meter.classes", String.valueOf(instrumentation.getAllLoadedClasses().length));
        return null;
      }
    });
  }
}
