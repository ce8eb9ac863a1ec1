import { type Image, parseImagePath, readImageFile } from '@pare/oci';
import { type ApplicationUser, resolveUser } from '../../model/application-user.ts';
import type { RunOptions } from '../../model/scenario.ts';

/** The texts of an image's passwd(5) and group(5); empty where it has none. */
export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

/**
 * Who the application runs as: the run options' user, else the image's, looked up in the image's own files, which are read only then.
 * Undefined when neither says so: then it is root, as the sensor is. Throws OciError.
 */
export async function findUser(
  image: Image,
  run: Pick<RunOptions, 'user'>,
  signal: AbortSignal,
  readFiles: () => Promise<UserFiles> = () => readUserFiles(image, signal),
): Promise<ApplicationUser | undefined> {
  const spec = run.user ?? image.config.config.User ?? '';
  if (spec === '') return undefined;
  const { passwd, group } = await readFiles();
  return resolveUser(spec, passwd, group);
}

/** Reads them. Throws OciError. */
export async function readUserFiles(image: Image, signal: AbortSignal): Promise<UserFiles> {
  const [passwd, group] = await Promise.all(
    ['/etc/passwd', '/etc/group'].map(async (path) => {
      const bytes = await readImageFile(image, parseImagePath(path), { signal });
      return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
    }),
  );
  return { passwd: passwd ?? '', group: group ?? '' };
}
