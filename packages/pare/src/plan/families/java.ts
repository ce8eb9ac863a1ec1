import type { ImagePath } from '@pare/oci';
import { matchAny } from '../glob.ts';
import { parentOf } from '../system-paths.ts';
import type { Family, RuleView } from './family.ts';

const drops = [
  '/**/{src.zip,ct.sym,javafx-src.zip}',
  '/usr/lib/jvm/*/{jmods,demo,sample,man,include,legal,docs}/**',
  '/**/lib/server/classes_nocoops.jsa',
];

const isHomePart = matchAny(['/**/{jmods,demo,sample,man,include,legal,docs}/**', '/**/bin/**', ...drops]);

/**
 * The JVM. `lib/modules` (the class library) cannot be split without linking it anew; the rest of the home measures 50 MB
 * of 190 MB in Debian's headless JRE 17. Settings are links into /etc/java-*.
 */
export const java: Family = {
  id: 'java',
  triggers: ['/**/lib/server/libjvm.so', '/**/lib/client/libjvm.so', '/**/lib/amd64/server/libjvm.so'],
  runtime: [
    '/opt/java/**',
    '/usr/lib/jvm/**',
    '/usr/local/{openjdk-*,jdk*,java}/**',
    '/opt/{jdk,jre,openjdk}*/**',
  ],
  drops,
  rules: [
    {
      id: 'trust-store',
      level: 'observed',
      keep: (view) => homes(view).flatMap((home) => view.expand(`${home}/lib/security/cacerts`)),
      reason: 'the certificate authorities of every TLS client',
      source: 'JSSE Reference Guide, "The cacerts Certificates File"',
    },
    {
      id: 'home',
      level: 'used',
      keep: (view) => home(view),
      reason: 'native libraries, security settings, time zones and providers are loaded at first use',
      source: 'JDK File Structure, "Installed Directory Structure of JDK and JRE"',
    },
    {
      // 60 kB
      id: 'tools',
      level: 'used',
      keep: (view) => tools(view),
      reason:
        'entry points import certificates with keytool, people look into a running JVM with jcmd and jfr',
      source: 'JDK Tool Specifications: keytool, jcmd, jfr',
    },
    {
      id: 'settings',
      level: 'used',
      keep: ['/etc/java-*/**', '/etc/.java/**', '/usr/share/java/java-atk-wrapper.jar'],
      reason: "Debian's home links to them",
      source: 'Debian openjdk-17-jre-headless, file list',
    },
  ],
};

/** The directory above `lib/server/libjvm.so`, or above `jre/lib/amd64/server` of Java 8. */
function homes(view: RuleView): readonly ImagePath[] {
  const found = view.triggeredBy.map((path) => {
    const library = parentOf(parentOf(path));
    return library.endsWith('/lib') ? parentOf(library) : parentOf(parentOf(library));
  });
  return [...new Set(found)];
}

function* home(view: RuleView): Iterable<ImagePath> {
  for (const root of homes(view)) {
    for (const { path } of view.tree.below(root)) if (!isHomePart(path)) yield path;
  }
}

/** The programs themselves, and the links by which PATH leads to them. */
function* tools(view: RuleView): Iterable<ImagePath> {
  for (const root of homes(view)) {
    yield* view.expand(`${root}/bin/{java,keytool,jcmd,jfr}`);
    for (const link of view.expand('/usr/{local/,}bin/{java,keytool,jcmd,jfr}')) {
      if (view.tree.resolve(link).path.startsWith(`${root}/bin/`)) yield link;
    }
  }
}
