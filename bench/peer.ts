import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A tool of the same purpose that was found on PATH. */
export interface Peer {
  readonly name: string;
  readonly path: string;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first of some programs on PATH. */
export function findOnPath(names: readonly string[], searchPath: string): Peer | undefined {
  for (const name of names) {
    for (const directory of searchPath.split(delimiter)) {
      const path = join(directory, name);
      if (directory !== '' && isExecutable(path)) return { name, path };
    }
  }
  return undefined;
}

/** The first of `mint`, `docker-slim` and `slim` on PATH. */
export function findPeer(searchPath: string): Peer | undefined {
  return findOnPath(['mint', 'docker-slim', 'slim'], searchPath);
}

/** The peer's command line for one of our scenarios: it takes one `--exec`, and its `build` is called `slim` in mint. */
export function peerArguments(
  peer: Peer,
  image: string,
  tag: string,
  scenario: readonly string[],
  stateDirectory: string,
): readonly string[] {
  const commands: string[] = [];
  const others: string[] = [];
  for (let index = 0; index < scenario.length; index += 2) {
    const [flag, value] = [scenario[index] ?? '', scenario[index + 1] ?? ''];
    if (flag === '--exec') commands.push(value);
    else others.push(flag, value);
  }
  const exec =
    commands.length === 0
      ? []
      : ['--exec', commands.join(' && '), '--http-probe=false', '--continue-after', 'exec'];
  const command = peer.name === 'mint' ? 'slim' : 'build';
  return [
    '--report',
    'off',
    '--state-path',
    stateDirectory,
    command,
    '--target',
    image,
    '--tag',
    tag,
    ...others,
    ...exec,
  ];
}
