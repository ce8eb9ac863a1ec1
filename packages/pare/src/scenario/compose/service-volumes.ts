import { isAbsolute } from 'node:path';
import type { ServiceForm } from './compose-form.ts';
import type { ServiceContext } from './service-context.ts';

type VolumeForm = NonNullable<ServiceForm['volumes']>[number];

/** The mounts of a service in docker's words: named volumes of the project get names of this run's own. Paths of this machine must be absolute. */
export function serviceVolumes(
  forms: readonly VolumeForm[],
  service: string,
  context: ServiceContext,
): { readonly volumes: readonly string[]; readonly tmpfs: readonly string[] } {
  const volumes: string[] = [];
  const tmpfs: string[] = [];
  for (const [index, form] of forms.entries()) {
    const fault = (problem: string) => context.fault(['services', service, 'volumes', index], problem);
    if (typeof form === 'string') {
      volumes.push(shortForm(form, context, fault));
    } else if (form.type === 'tmpfs') {
      tmpfs.push(form.target);
    } else {
      const options = form.read_only === true ? ':ro' : '';
      if (form.source === undefined && form.type === 'bind') throw fault('a bind mount needs a source');
      const source = form.source === undefined ? undefined : sourceOf(form.source, context, fault);
      volumes.push(source === undefined ? form.target : `${source}:${form.target}${options}`);
    }
  }
  return { volumes, tmpfs };
}

/** `[source:]target[:options]` */
function shortForm(form: string, context: ServiceContext, fault: (problem: string) => Error): string {
  const [first = '', ...rest] = form.split(':');
  if (rest.length === 0) return first;
  return [sourceOf(first, context, fault), ...rest].join(':');
}

function sourceOf(source: string, context: ServiceContext, fault: (problem: string) => Error): string {
  if (isAbsolute(source)) return source;
  if (source.startsWith('~')) throw fault(`${source}: write the path without ~`);
  if (!Object.hasOwn(context.volumes, source)) throw fault(`${source} is not declared under volumes`);
  const declared = context.volumes[source];
  if (declared?.external === true) return declared.name ?? source;
  return context.privateVolume(source);
}
