import { randomBytes } from 'node:crypto';
import { appendFile, lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findStaleDrafts,
  type HostPath,
  hostPath,
  isAlive,
  ownIdentity,
  type ProcessIdentity,
  processExists,
} from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { EngineInfo } from '../ports/container-engine.ts';
import { defaultCacheDirectory } from './cache-directory.ts';

/**
 * What one run of Pare owns on this machine: an ID that labels all it makes in an engine, and a directory for
 * temporary files. The directory says who owns it, so that `pare gc` can tell a killed run from a live one.
 */
export interface RunContext extends AsyncDisposable {
  readonly runId: string;
  readonly directory: HostPath;
  readonly cacheDirectory: HostPath;
  /** Writes down that this run is about to store an untagged image, or that it has, for `pare gc` after a kill. */
  recordImage(id: string, state: RecordedImage['state'], engine: EngineInfo['kind']): Promise<void>;
  /** Writes down directories that this run is about to write drafts in, for `pare gc` after a kill. */
  recordPlaces(directories: readonly string[]): Promise<void>;
}

/** An untagged image of a run. */
export interface RecordedImage {
  readonly id: string;
  /** `storing`: the engine may finish it after the run is gone. */
  readonly state: 'storing' | 'stored';
  /** Where it is. */
  readonly engine: EngineInfo['kind'];
  /** When the run last wrote one down, milliseconds since the epoch. */
  readonly atMs: number;
}

/** A run that left its directory. */
export interface LeftRun {
  readonly runId: string;
  readonly directory: HostPath;
  readonly alive: boolean;
  readonly images: readonly RecordedImage[];
  /** Drafts that it left outside its directory. */
  readonly drafts: readonly string[];
}

const ownerFile = 'owner.json';
const imagesFile = 'images';
const placesFile = 'places';

/** Where all runs of this user keep their directories. */
function runsDirectory(): string {
  // In a user namespace that Pare made for itself everybody would be 0.
  return join(tmpdir(), `pare-${process.env.PARE_HOST_UID ?? process.getuid?.() ?? 'user'}`);
}

/** Opens a run. Disposing of it removes its directory. */
export async function openRun(): Promise<RunContext> {
  const runId = `${machineName()}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const directory = hostPath(join(runsDirectory(), runId));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await refuseForeignDirectory(runsDirectory());
  await writeFile(join(directory, ownerFile), JSON.stringify(await ownIdentity()));
  const cacheDirectory = defaultCacheDirectory();
  await mkdir(cacheDirectory, { recursive: true });
  return {
    runId,
    directory,
    cacheDirectory,
    recordImage: (id, state, engine) => appendFile(join(directory, imagesFile), `${state} ${id} ${engine}\n`),
    recordPlaces: (directories) =>
      appendFile(
        join(directory, placesFile),
        directories.map((place) => `${JSON.stringify(place)}\n`).join(''),
      ),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** The name in a shared `/tmp` can be guessed: one that somebody else made first could swap our files. */
async function refuseForeignDirectory(directory: string): Promise<void> {
  const status = await lstat(directory);
  if (status.isDirectory() && status.uid === (process.getuid?.() ?? status.uid)) return;
  throw new PareError('usage', `${directory} belongs to somebody else`, {
    hint: 'set TMPDIR to a directory of your own',
  });
}

/** Labels allow few characters, and names of containers fewer. */
function machineName(): string {
  return hostname().replaceAll(/[^A-Za-z0-9]/g, '') || 'host';
}

/** Whether a run ID names a run of this machine whose process is gone; false for another machine's. */
export function isDeadRunOfThisMachine(runId: string): boolean {
  const [machine, pid] = runId.split('.');
  return machine === machineName() && !processExists(Number(pid));
}

function isLiveRunOfThisMachine(runId: string): boolean {
  const [machine, pid] = runId.split('.');
  return machine === machineName() && processExists(Number(pid));
}

/** Every run that has a directory here, the live ones included. */
export async function listRuns(): Promise<readonly LeftRun[]> {
  const names = await readdir(runsDirectory()).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return Promise.all(names.sort().map(readRun));
}

async function readRun(runId: string): Promise<LeftRun> {
  const directory = hostPath(join(runsDirectory(), runId));
  const [images, drafts, alive] = await Promise.all([
    readImages(directory),
    readDrafts(directory),
    ownerIsAlive(runId, directory),
  ]);
  return { runId, directory, images, drafts, alive };
}

async function readImages(directory: HostPath): Promise<readonly RecordedImage[]> {
  const path = join(directory, imagesFile);
  const text = await readIfThere(path);
  if (text === undefined) return [];
  const atMs = (await stat(path)).mtimeMs;
  const images = new Map<string, RecordedImage>();
  // A line that a kill cut short names no image.
  for (const [, state, id = '', engine = ''] of text.matchAll(/^(storing|stored) (\S+) (\S+)\n/gm)) {
    if (!isEngineKind(engine)) continue;
    images.set(`${id} ${engine}`, { id, state: state === 'stored' ? 'stored' : 'storing', engine, atMs });
  }
  return [...images.values()];
}

function isEngineKind(text: string): text is EngineInfo['kind'] {
  return text === 'docker' || text === 'podman' || text === 'embedded';
}

/** Drafts say themselves whether anybody still writes them. */
async function readDrafts(directory: HostPath): Promise<readonly string[]> {
  const text = (await readIfThere(join(directory, placesFile))) ?? '';
  const places = [...text.matchAll(/^(".*")\n/gm)].map(([, place = '""']) => String(JSON.parse(place)));
  return (await Promise.all([...new Set(places)].map(findStaleDrafts))).flat();
}

async function ownerIsAlive(runId: string, directory: HostPath): Promise<boolean> {
  const text = await readIfThere(join(directory, ownerFile));
  // It may be about to sign: its name says who it is.
  if (text === undefined || text === '') return isLiveRunOfThisMachine(runId);
  return isAlive(JSON.parse(text) as ProcessIdentity);
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  });
}
