import type { ImageConfig, ImagePath, TreeEntry } from '@pare/oci';
import { matchAny } from './glob.ts';
import { itemsUntilPause } from './pauses.ts';

/**
 * Where the operating system lives: what no package owns there was made by package scripts, unless a COPY brought it.
 * /usr/local, /etc, /srv, /opt, /home, /var/www and most of /var/lib are the administrator's (FHS 3.0).
 */
const systemLocations = matchAny([
  '/{bin,sbin,lib,lib32,lib64,libx32,boot,proc,sys,dev,run,tmp,media,mnt,lost+found}/**',
  '/usr/{bin,sbin,lib,lib32,lib64,libx32,libexec,share,include,games}/**',
  '/var/{cache,log,tmp,run,lock,backups,mail}/**',
  '/{.dockerenv,.wh*,core}',
]);

/** Caches and records that tools leave behind; each is made again, or is of no use once the image is built. */
const leftovers = matchAny([
  '/**/__pycache__/**',
  '/**/node_modules/.cache/**',
  '/**/.{npm,yarn,pnpm-store,cache,cargo,rustup,gnupg,ssh,wget-hsts,node-gyp,gradle,m2,ivy2,bundle/cache}/**',
  '/**/.{bash_history,bash_logout,python_history,lesshst,viminfo,wget-hsts}',
  '/root/.{bashrc,profile}',
  '/home/*/.{bashrc,profile,bash_logout}',
  '/usr/local/share/{man,doc,info,.cache}/**',
  '/usr/local/{include,man,src}/**',
  '/var/lib/{apt,dpkg,ucf,pam,systemd,update-rc.d,initramfs-tools,python,vim,shells.state,ghostscript,emacsen-common,usbutils,xml-core,sgml-base,logrotate,man-db,polkit-1,private}/**',
  '/var/lib/{shells.state,misc}',
  '/var/spool/{cron,anacron,mail}/**',
  '/lib/apk/db/**',
]);

/** Whether a path is a cache or record that a tool left behind. */
export function isLeftover(path: string): boolean {
  return leftovers(path);
}

/** Files of /etc that package scripts make. Those that programs need have reasons of their own. */
const generatedSettings = matchAny([
  '/etc/{alternatives,rc?.d,init.d,systemd,apt,dpkg,pam.d,profile.d,cron.*,logrotate.d,apk,ucf*,skel,update-motd.d,X11,xml,sgml,emacs,vim,apparmor.d}/**',
  '/etc/ssl/certs/**',
  '/etc/{passwd,group,shadow,gshadow,subuid,subgid}-',
  '/etc/{.pwd.lock,profile,security/opasswd,python3/debian_config,shadow,gshadow,subuid,subgid,machine-id,adjtime,environment,fstab,shells,motd,issue,issue.net,inputrc,debconf.conf,ca-certificates.conf*,mailcap,papersize}',
  '/etc/*.dpkg-*',
]);

/** What an unowned file of /etc may measure and still be taken for a setting of the application. */
const settingLimitBytes = 1024 * 1024;

/** Answers whether an entry that no package owns is one of the application's own files. */
export type ApplicationTest = (entry: TreeEntry) => boolean;

/**
 * The application's own files: what COPY or ADD brought above the lowest layer, what lies in the working directory, and
 * what lies outside the operating system's own locations; without caches, and without the trees of recognised runtimes.
 * Ownership by packages is for the caller to ask.
 */
export function applicationTest(
  config: ImageConfig,
  layerCount: number,
  isRuntimeTree: (path: string) => boolean,
): ApplicationTest {
  const copied = copiedLayers(config, layerCount);
  const workdir = applicationDirectory(config);
  return (entry) => {
    const { path } = entry;
    if (leftovers(path) || isRuntimeTree(path)) return false;
    if (copied.has(entry.layer)) return true;
    if (workdir !== undefined && path.startsWith(`${workdir}/`)) return true;
    if (systemLocations(path)) return false;
    if (path.startsWith('/etc/')) {
      return !generatedSettings(path) && (entry.kind !== 'file' || entry.sizeBytes <= settingLimitBytes);
    }
    return true;
  };
}

/** Lists the application's own files among the entries that no package owns. Yields wherever it may be left alone for a while. */
export function* applicationFiles(
  unowned: readonly TreeEntry[],
  isApplication: ApplicationTest,
): Generator<undefined, readonly ImagePath[]> {
  const found: ImagePath[] = [];
  let looked = 0;
  for (const entry of unowned) {
    looked += 1;
    if (looked % itemsUntilPause === 0) yield;
    if (entry.kind !== 'directory' && isApplication(entry)) found.push(entry.path);
  }
  return found;
}

/** The working directory, when it is one that holds an application and not the system. */
function applicationDirectory(config: ImageConfig): string | undefined {
  const workdir = (config.config.WorkingDir ?? '/').replace(/\/+$/, '');
  const isSystem =
    workdir === '' ||
    workdir === '/etc' ||
    workdir === '/usr' ||
    workdir === '/var' ||
    workdir === '/root' ||
    workdir === '/home';
  return isSystem || systemLocations(`${workdir}/x`) ? undefined : workdir;
}

/**
 * Positions of the layers that a COPY or ADD made (`created_by` of docker's classic builder and of BuildKit). The lowest
 * layer never counts: there, ADD brings the base system. Without a history that fits the layers: none.
 */
function copiedLayers(config: ImageConfig, layerCount: number): ReadonlySet<number> {
  const steps = config.history.filter((step) => step.empty_layer !== true);
  const copied = new Set<number>();
  if (steps.length !== layerCount) return copied;
  steps.forEach((step, layer) => {
    if (layer > 0 && /^(\/bin\/sh -c #\(nop\)\s+)?(COPY|ADD)\b/.test(step.created_by ?? ''))
      copied.add(layer);
  });
  return copied;
}
