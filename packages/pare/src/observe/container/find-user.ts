import { type FileTree, type Image, parseImagePath, readImageFile } from '@pare/oci';
import { type ApplicationUser, resolveUser } from '../../model/application-user.ts';
import type { RunOptions } from '../../model/scenario.ts';

/**
 * Who the application runs as: the run options' user, else the image's, looked up in the image's own files. Undefined
 * when neither says so: then it is root, as the sensor is. `recallTree` may know the image's merged view; it is asked only when files are
 * looked at. Throws OciError.
 */
export async function findUser(
  image: Image,
  run: Pick<RunOptions, 'user'>,
  signal: AbortSignal,
  recallTree: () => Promise<FileTree | undefined> = async () => undefined,
): Promise<ApplicationUser | undefined> {
  const spec = run.user ?? image.config.config.User ?? '';
  if (spec === '') return undefined;
  const tree = await recallTree();
  const [passwd, group] = await Promise.all(
    ['/etc/passwd', '/etc/group'].map(async (path) => {
      const bytes = await readImageFile(image, parseImagePath(path), { signal, tree });
      return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
    }),
  );
  return resolveUser(spec, passwd ?? '', group ?? '');
}
