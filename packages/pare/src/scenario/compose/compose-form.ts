import * as v from 'valibot';
import { argv, dictionary, either, environment, port, size, text, texts } from '../form-parts.ts';

/** The part of the Compose specification that a dependency can have. Keys that are not here are refused by name. */

const boolean = v.pipe(
  v.union([v.boolean(), v.picklist(['true', 'false'])]),
  v.transform((value) => value === true || value === 'true'),
);
const nothing = v.unknown();

const list = either({
  string: v.pipe(
    text,
    v.transform((one) => [one]),
  ),
  list: texts,
});
const pairs = either({
  list: texts,
  object: v.pipe(
    dictionary,
    v.transform((record) => Object.entries(record).map(([name, value]) => `${name}=${value}`)),
  ),
});

const volume = either({
  string: text,
  object: v.strictObject({
    type: v.picklist(['bind', 'volume', 'tmpfs']),
    source: v.optional(text),
    target: text,
    read_only: v.optional(boolean),
    bind: v.optional(nothing),
    volume: v.optional(nothing),
    tmpfs: v.optional(nothing),
  }),
});

const publishedPort = either({
  number: port,
  string: text,
  object: v.strictObject({
    target: v.union([port, text]),
    published: v.optional(v.union([port, text])),
    protocol: v.optional(text),
    host_ip: v.optional(text),
    mode: v.optional(nothing),
    name: v.optional(nothing),
    app_protocol: v.optional(nothing),
  }),
});

const healthcheck = v.strictObject({
  test: v.optional(either({ string: text, list: v.pipe(texts, v.minLength(1, 'is empty')) })),
  interval: v.optional(text),
  timeout: v.optional(text),
  retries: v.optional(v.union([v.number(), text])),
  start_period: v.optional(text),
  start_interval: v.optional(text),
  disable: v.optional(boolean),
});

const dependsOn = either({
  list: v.array(text),
  object: v.record(
    text,
    v.strictObject({
      condition: v.optional(
        v.picklist(['service_started', 'service_healthy', 'service_completed_successfully']),
      ),
      restart: v.optional(nothing),
      required: v.optional(nothing),
    }),
  ),
});

/** Keys that do not change what a dependency answers. */
const ignored = Object.fromEntries(
  [
    'build',
    'cpus',
    'deploy',
    'init',
    'labels',
    'logging',
    'mem_limit',
    'mem_reservation',
    'platform',
    'profiles',
    'pull_policy',
    'restart',
    'stdin_open',
    'stop_grace_period',
    'tty',
  ].map((key) => [key, v.optional(nothing)]),
);

export const serviceForm = v.strictObject({
  ...ignored,
  image: v.optional(text),
  container_name: v.optional(text),
  environment: v.optional(environment),
  env_file: v.optional(
    either({
      string: text,
      list: v.array(
        either({
          string: text,
          object: v.strictObject({ path: text, required: v.optional(boolean), format: v.optional(nothing) }),
        }),
      ),
    }),
  ),
  command: v.optional(v.nullable(argv)),
  entrypoint: v.optional(v.nullable(argv)),
  ports: v.optional(v.array(publishedPort)),
  expose: v.optional(texts),
  volumes: v.optional(v.array(volume)),
  tmpfs: v.optional(list),
  depends_on: v.optional(dependsOn),
  healthcheck: v.optional(healthcheck),
  user: v.optional(v.union([text, v.number()])),
  working_dir: v.optional(text),
  hostname: v.optional(text),
  shm_size: v.optional(size),
  extra_hosts: v.optional(pairs),
  stop_signal: v.optional(text),
  read_only: v.optional(boolean),
  dns: v.optional(list),
  dns_search: v.optional(list),
  sysctls: v.optional(pairs),
  links: v.optional(v.array(text)),
  networks: v.optional(
    either({
      list: v.array(text),
      object: v.record(text, v.nullable(v.looseObject({ aliases: v.optional(v.array(text)) }))),
    }),
  ),
});

export type ServiceForm = v.InferOutput<typeof serviceForm>;

/** The file; `include` and `extends` are refused, since they bring other files. */
export const composeForm = v.strictObject({
  name: v.optional(nothing),
  version: v.optional(nothing),
  services: v.record(text, serviceForm),
  volumes: v.optional(
    v.nullable(
      v.record(
        text,
        v.nullable(v.looseObject({ external: v.optional(v.boolean()), name: v.optional(text) })),
      ),
    ),
  ),
  networks: v.optional(nothing),
  configs: v.optional(nothing),
  secrets: v.optional(nothing),
});

export type ComposeForm = v.InferOutput<typeof composeForm>;
