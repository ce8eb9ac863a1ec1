import { posix } from 'node:path';
import type { DependencyFile } from '../../model/scenario.ts';
import type { ServiceForm } from './compose-form.ts';
import type { ServiceContext } from './service-context.ts';

/** Where a service finds a secret, and a config, that says nothing else ("Services top-level element", secrets and configs). */
const directories = { secrets: '/run/secrets', configs: '/' } as const;

/** What a service gets of the project's secrets and configs. */
export interface ServiceFiles {
  /** Files of this machine, mounted read-only, as `docker run -v`. */
  readonly volumes: readonly string[];
  /** What has no file of its own. */
  readonly files: readonly DependencyFile[];
}

/** Throws PareError `usage` for one that the project does not declare, or that the engine alone would know. */
export function serviceFiles(service: ServiceForm, name: string, context: ServiceContext): ServiceFiles {
  const volumes: string[] = [];
  const files: DependencyFile[] = [];
  for (const kind of ['secrets', 'configs'] as const) {
    for (const [index, { source, target = source }] of (service[kind] ?? []).entries()) {
      const fault = (problem: string) => context.fault(['services', name, kind, index], problem);
      const declared = Object.hasOwn(context[kind], source) ? context[kind][source] : undefined;
      if (declared === undefined) throw fault(`${source} is not declared under ${kind}`);
      const path = posix.resolve(directories[kind], target);
      switch (declared.kind) {
        case 'file':
          volumes.push(`${declared.path}:${path}:ro`);
          break;
        case 'content':
          files.push({ path, content: declared.content });
          break;
        case 'not-here':
          throw fault(`${source} ${declared.why}`);
      }
    }
  }
  return { volumes, files };
}
