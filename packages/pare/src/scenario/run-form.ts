import * as v from 'valibot';
import { argv, count, either, environment, port, size, text, texts } from './form-parts.ts';

const flag = v.boolean();

/**
 * The key `run`: how the container is started. Every key is optional. Lists of the flags of docker run, in their words;
 * `ports` are those that the application listens on, or `host:container` to publish.
 */
export const runForm = v.strictObject({
  env: v.optional(environment),
  envFile: v.optional(either({ string: text, list: texts })),
  volumes: v.optional(texts),
  mounts: v.optional(texts),
  volumesFrom: v.optional(texts),
  ports: v.optional(
    v.array(
      either({
        number: port,
        string: v.pipe(text, v.regex(/^[^\s]+$/, 'must be a port, or host:container')),
      }),
    ),
  ),
  publishAll: v.optional(flag),
  command: v.optional(argv),
  entrypoint: v.optional(argv),
  user: v.optional(either({ string: text, number: v.pipe(v.number(), v.integer()) })),
  workdir: v.optional(text),
  hostname: v.optional(text),
  network: v.optional(text),
  links: v.optional(texts),
  addHosts: v.optional(texts),
  tmpfs: v.optional(either({ string: text, list: texts })),
  shmSize: v.optional(size),
  memory: v.optional(size),
  cpus: v.optional(v.pipe(v.number(), v.minValue(0.001, 'must be above 0'))),
  pidsLimit: v.optional(count),
  stopSignal: v.optional(text),
  readOnly: v.optional(flag),
  dns: v.optional(texts),
  dnsSearch: v.optional(texts),
  sysctls: v.optional(texts),
});

export type RunForm = v.InferOutput<typeof runForm>;
