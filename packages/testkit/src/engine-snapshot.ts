import { docker } from './docker-command.ts';

/** IDs (names, for volumes) of everything in the engine, sorted. */
export interface EngineSnapshot {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
  /** Untagged images too. */
  readonly images: readonly string[];
  /** `repository:tag=ID`. */
  readonly tags: readonly string[];
}

/** Lists what the engine has, by docker's own client: `expect(await engineSnapshot()).toEqual(before)`. */
export async function engineSnapshot(): Promise<EngineSnapshot> {
  const [containers, volumes, networks, images, tags] = await Promise.all([
    lines(['ps', '--all', '--quiet', '--no-trunc']),
    lines(['volume', 'ls', '--quiet']),
    lines(['network', 'ls', '--quiet', '--no-trunc']),
    lines(['images', '--all', '--quiet', '--no-trunc']),
    lines(['images', '--no-trunc', '--format', '{{.Repository}}:{{.Tag}}={{.ID}}']),
  ]);
  return { containers, volumes, networks, images, tags };
}

/** What is in `after` and was not in `before`. */
export function addedSince(before: EngineSnapshot, after: EngineSnapshot): EngineSnapshot {
  const added = (key: keyof EngineSnapshot) => after[key].filter((id) => !before[key].includes(id));
  return {
    containers: added('containers'),
    volumes: added('volumes'),
    networks: added('networks'),
    images: added('images'),
    tags: added('tags'),
  };
}

async function lines(args: readonly string[]): Promise<readonly string[]> {
  const output = await docker(args);
  return [...new Set(output.split('\n').filter((line) => line !== ''))].sort();
}
