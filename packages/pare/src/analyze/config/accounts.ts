import type { ImagePath } from '@pare/oci';
import type { ImageView } from '../analyzer.ts';
import { joinPath, rootPath } from '../image-path.ts';

/** The account that an image runs as, as far as its files say. */
export interface Account {
  /** Account databases in which it was looked for and that are there. */
  readonly databases: readonly ImagePath[];
  readonly home: ImagePath | undefined;
}

/**
 * Looks up the image's `User` (`name`, `uid`, `name:group`, `uid:gid`; none means root) in `/etc/passwd`
 * (passwd(5)). A database that cannot be read names nobody.
 */
export async function readAccount(view: ImageView): Promise<Account> {
  const user = (view.config.config.User ?? '').replace(/:.*/, '') || '0';
  const passwd = '/etc/passwd' as ImagePath;
  const databases = [passwd, '/etc/group' as ImagePath].filter((path) => view.fileAt(path) !== undefined);
  const file = view.fileAt(passwd);
  const text = file === undefined ? '' : await view.readText(file).catch(() => '');
  for (const line of text.split('\n')) {
    const [name, , uid, , , home] = line.split(':');
    if (name !== user && uid !== user) continue;
    return { databases, home: home?.startsWith('/') === true ? joinPath(rootPath, home) : undefined };
  }
  return { databases, home: undefined };
}
