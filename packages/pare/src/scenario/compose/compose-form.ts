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

const condition = v.picklist(['service_started', 'service_healthy', 'service_completed_successfully']);

/** By the name of the service. */
const dependsOn = either({
  list: v.pipe(
    v.array(text),
    v.transform((names) =>
      Object.fromEntries(names.map((name) => [name, { condition: 'service_started', required: true }])),
    ),
  ),
  object: v.record(
    text,
    v.strictObject({
      condition: v.optional(condition, 'service_started'),
      restart: v.optional(nothing),
      required: v.optional(boolean, true),
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
    'pull_policy',
    'restart',
    'stdin_open',
    'stop_grace_period',
    'tty',
  ].map((key) => [key, v.optional(nothing)]),
);

/** A secret or config of the file as one service sees it. Owner and mode are those of the file, as in docker compose. */
const grant = either({
  string: v.pipe(
    text,
    v.transform((source) => ({ source, target: undefined })),
  ),
  object: v.strictObject({
    source: text,
    target: v.optional(text),
    uid: v.optional(nothing),
    gid: v.optional(nothing),
    mode: v.optional(nothing),
  }),
});

/** One or several files, whichever way they are written. */
const envFiles = either({
  string: v.pipe(
    text,
    v.transform((path) => [{ path, required: true }]),
  ),
  list: v.array(
    either({
      string: v.pipe(
        text,
        v.transform((path) => ({ path, required: true })),
      ),
      object: v.strictObject({
        path: text,
        required: v.optional(boolean, true),
        format: v.optional(nothing),
      }),
    }),
  ),
});

const serviceForm = v.strictObject({
  ...ignored,
  extends: v.optional(
    either({
      string: v.pipe(
        text,
        v.transform((service) => ({ service, file: undefined })),
      ),
      object: v.strictObject({ service: text, file: v.optional(text) }),
    }),
  ),
  profiles: v.optional(texts),
  secrets: v.optional(v.array(grant)),
  configs: v.optional(v.array(grant)),
  image: v.optional(text),
  container_name: v.optional(text),
  environment: v.optional(environment),
  env_file: v.optional(envFiles),
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

/** Where a secret or a config comes from. */
const fileObject = v.strictObject({
  file: v.optional(text),
  environment: v.optional(text),
  content: v.optional(text),
  external: v.optional(v.union([boolean, v.looseObject({})])),
  name: v.optional(nothing),
  labels: v.optional(nothing),
  template_driver: v.optional(nothing),
});

export type FileObjectForm = v.InferOutput<typeof fileObject>;

/** The file. */
export const composeForm = v.strictObject({
  name: v.optional(nothing),
  version: v.optional(nothing),
  include: v.optional(
    v.array(
      either({
        string: v.pipe(
          text,
          v.transform((path) => ({ path: [path], project_directory: undefined, env_file: undefined })),
        ),
        object: v.strictObject({
          path: list,
          project_directory: v.optional(text),
          env_file: v.optional(list),
        }),
      }),
    ),
  ),
  services: v.optional(v.record(text, serviceForm), {}),
  volumes: v.optional(
    v.nullable(
      v.record(
        text,
        v.nullable(v.looseObject({ external: v.optional(v.boolean()), name: v.optional(text) })),
      ),
    ),
  ),
  networks: v.optional(nothing),
  configs: v.optional(v.nullable(v.record(text, fileObject))),
  secrets: v.optional(v.nullable(v.record(text, fileObject))),
});

export type ComposeForm = v.InferOutput<typeof composeForm>;
