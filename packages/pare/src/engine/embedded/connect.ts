import { arch, hostname, release } from 'node:os';
import type { SeccompProfile } from '../../model/hardening-profile.ts';
import { pareVersion } from '../../model/version.ts';
import type { ImageStore } from '../../ports/image-store.ts';
import { unlimitedBy } from './cgroup-support.ts';
import { EmbeddedEngine } from './engine.ts';
import { surveyHost } from './host.ts';

/** What the embedded engine is made of; the pipeline brings it together. */
export interface EmbeddedParts {
  readonly openStore: () => Promise<ImageStore>;
  readonly defaultSeccomp: (capabilities: readonly string[]) => SeccompProfile;
}

export interface EmbeddedOptions extends EmbeddedParts {
  readonly runId: string;
  readonly signal?: AbortSignal;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Makes the engine that needs no daemon. Throws PareError `no-engine` that says what this machine lacks for it. */
export async function connectEmbedded(options: EmbeddedOptions): Promise<EmbeddedEngine> {
  const host = await surveyHost(process.env, options.signal);
  const { runtime } = host;
  return new EmbeddedEngine({
    host,
    info: {
      kind: 'embedded',
      name: hostname(),
      version: `${pareVersion} (${runtime.kind} ${runtime.version}${host.rootless ? ', rootless' : ''})`,
      apiVersion: pareVersion,
      architecture: architectures[arch()] ?? arch(),
      kernel: release(),
      operatingSystem: 'linux',
      local: true,
      unlimited: unlimitedBy(host.cgroups),
    },
    store: await options.openStore(),
    runId: options.runId,
    directory: process.cwd(),
    defaultSeccomp: options.defaultSeccomp,
  });
}
