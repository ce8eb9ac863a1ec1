import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PareError } from '../model/pare-error.ts';
import type { RunReport } from '../model/run-report.ts';
import type { ImageFacts } from '../ports/container-engine.ts';
import { parseReport } from '../report/json.ts';
import { artifactName } from './artifacts-place.ts';
import { repositoryOf, withoutDefaults } from './image-name.ts';

/** Where builds leave their artifacts when the user names no directory. */
const defaultDirectory = 'pare-artifacts';
const reportFile = 'report.json';

/** A saved report and where it is. */
export interface FoundReport {
  readonly path: string;
  readonly report: RunReport;
}

/**
 * The report of an image: `file`, when given; else `image` itself when that is a report or a directory of artifacts; else the one in
 * `pare-artifacts/` whose fat or slim image has that name, tag or ID, the newest of several. Throws PareError `usage`.
 */
export async function findReport(image: string, file: string | undefined): Promise<FoundReport> {
  const named = file ?? (await asFile(image));
  if (named !== undefined) return readReport((await isDirectory(named)) ? join(named, reportFile) : named);
  const paths = await savedReports(image);
  for (const path of paths) {
    const found = await readReport(path).catch((error: unknown) => {
      // What else lies there is nobody's fault here.
      if (error instanceof PareError) return undefined;
      throw error;
    });
    if (found !== undefined && isOf(found.report, image)) return found;
  }
  throw new PareError('usage', `there is no report of ${image} in ${defaultDirectory}/`, {
    hint: 'build it here, or name the report: --report DIRECTORY/report.json',
    details: paths.length === 0 ? [] : [`looked at: ${paths.slice(0, 5).join(', ')}`],
  });
}

/**
 * The report of an image that was opened: as `findReport` by what the user calls it, else by its tags or its ID, which are all that an
 * archive or a registry tells of it. Throws PareError `usage`.
 */
export async function findReportOfImage(
  reference: string,
  { id, tags }: Pick<ImageFacts, 'id' | 'tags'>,
  file: string | undefined,
): Promise<FoundReport> {
  try {
    return await findReport(reference, file);
  } catch (error) {
    if (file !== undefined || !(error instanceof PareError)) throw error;
    for (const other of [id, ...tags]) {
      const found = await findReport(other, undefined).catch(() => undefined);
      if (found !== undefined) return found;
    }
    throw error;
  }
}

/** An argument that names a file or a directory as no image is named, or a directory of artifacts. */
async function asFile(image: string): Promise<string | undefined> {
  if (image.endsWith('.json')) return image;
  return (await isFile(join(image, reportFile))) ? image : undefined;
}

async function readReport(path: string): Promise<FoundReport> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new PareError('usage', `${path} cannot be read: ${cause.message}`, { cause });
  });
  return { path, report: parseReport(text, path) };
}

/** Reports are large: those whose directory is named after the image are looked at first, then newer ones before older ones. */
async function savedReports(image: string): Promise<readonly string[]> {
  const names = await readdir(defaultDirectory).catch(() => []);
  const likely = new Set([artifactName(image), artifactName(repositoryOf(image).replace(/\.slim$/, ''))]);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(defaultDirectory, name, reportFile);
      const status = await stat(path).catch(() => undefined);
      return status?.isFile() ? { path, likely: likely.has(name), newness: status.mtimeMs } : undefined;
    }),
  );
  return found
    .filter((one) => one !== undefined)
    .sort((a, b) => Number(b.likely) - Number(a.likely) || b.newness - a.newness)
    .map(({ path }) => path);
}

function isOf({ fat, slim, tags }: RunReport, image: string): boolean {
  const wanted = withoutDefaults(image);
  const names = [fat.reference, ...tags, ...(slim === undefined ? [] : [slim.reference])].map(
    withoutDefaults,
  );
  const ids = [fat.id, ...(slim === undefined ? [] : [slim.id])];
  const isId = /^(?:sha256:)?[0-9a-f]{12,64}$/.test(image);
  return (
    names.includes(wanted) ||
    (isId && ids.some((id) => id.replace('sha256:', '').startsWith(image.replace('sha256:', ''))))
  );
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
