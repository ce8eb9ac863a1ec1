import type { FileTree, ImageConfig, ImagePath } from '@pare/oci';
import { healthArgv } from '../../model/health-check.ts';
import type { KeepReason } from '../../model/keep-reason.ts';
import type { ImageView } from '../analyzer.ts';
import { joinPath, rootPath } from '../image-path.ts';
import { createImageView, findProgram } from '../image-view.ts';
import { findCommandUse } from '../interpreters/shell-commands.ts';
import { readAccount } from './accounts.ts';

/** A path that the image config names; links are not followed. */
export interface ConfigRoot {
  readonly path: ImagePath;
  readonly reason: KeepReason;
}

type ConfigField = Extract<KeepReason, { kind: 'image-config' }>['field'];

/**
 * What the image config names and the tree has: the programs and files of the entrypoint, command and health check
 * (also inside `sh -c` scripts), the working directory, volumes, files in the environment, and the user's
 * account databases and home. Sorted by path; a path may come more than once, with different reasons.
 */
export async function configRoots(tree: FileTree, config: ImageConfig): Promise<readonly ConfigRoot[]> {
  const view = createImageView(tree, config);
  const { Healthcheck, WorkingDir } = config.config;
  // Engines write null for what is not set.
  const Entrypoint = config.config.Entrypoint ?? [];
  const Cmd = config.config.Cmd ?? [];
  const Shell = config.config.Shell ?? [];
  const roots = new Map<string, ConfigRoot>();
  const add = (field: ConfigField, path: ImagePath): void => {
    const { entry, links } = tree.resolve(path);
    if (path === '/' || (entry === undefined && links.length === 0)) return;
    roots.set(`${path}\0${field}`, { path, reason: { kind: 'image-config', field } });
  };
  const addCommand = (field: ConfigField, argv: readonly string[]): void => {
    for (const path of commandPaths(view, argv)) if (!roots.has(`${path}\0entrypoint`)) add(field, path);
  };
  addCommand('entrypoint', Entrypoint);
  // With an entrypoint the command is its arguments, which name a command all the same in most images.
  addCommand('command', Cmd);
  if (Entrypoint.length > 0 && Cmd.length > 0) addCommand('command', [...Entrypoint, ...Cmd]);
  addCommand('healthcheck', healthArgv(Healthcheck) ?? []);
  addCommand('shell', Shell.slice(0, 1));
  if (WorkingDir !== undefined && WorkingDir !== '') add('workdir', joinPath(rootPath, WorkingDir));
  for (const volume of Object.keys(config.config.Volumes ?? {})) add('volume', joinPath(rootPath, volume));
  for (const value of view.environment.values()) {
    for (const path of filesNamedIn(view, value)) add('environment', path);
  }
  const account = await readAccount(view);
  for (const path of account.databases) add('user', path);
  const home = view.environment.get('HOME') ?? account.home;
  if (home?.startsWith('/') === true) add('home', joinPath(rootPath, home));
  return [...roots.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function commandPaths(view: ImageView, argv: readonly string[]): ReadonlySet<ImagePath> {
  const paths = new Set<ImagePath>();
  const workdir = joinPath(rootPath, view.config.config.WorkingDir ?? '/');
  const addFile = (name: string): void => {
    const path = joinPath(workdir, name);
    if (!name.includes('\0') && name !== '' && view.fileAt(path) !== undefined) paths.add(path);
  };
  const use = findCommandUse(argv, view.environment);
  for (const command of use.commands) {
    const program = findProgram(view, command);
    if (program !== undefined) paths.add(program);
    else if (command.includes('/')) addFile(command);
  }
  for (const path of use.paths) addFile(path);
  for (const argument of argv.slice(1)) {
    // Arguments name files alone, behind `--option=`, and in lists (a Java class path, also with `directory/*`).
    for (const name of argument.replace(/^--?[\w-]+=/, '').split(':')) {
      if (name.endsWith('/*')) {
        const directory = view.tree.resolve(joinPath(workdir, name.slice(0, -2))).path;
        for (const path of view.tree.list(directory)) if (path.endsWith('.jar')) paths.add(path);
      } else {
        addFile(name);
      }
    }
  }
  return paths;
}

/** Regular files that a value names by an absolute path: LD_PRELOAD, SSL_CERT_FILE, `-javaagent:/x.jar`. */
function filesNamedIn(view: ImageView, value: string): readonly ImagePath[] {
  return value
    .split(/[\s:;,=]+/)
    .filter((word) => word.startsWith('/'))
    .map((word) => joinPath(rootPath, word))
    .filter((path) => view.fileAt(path) !== undefined);
}
