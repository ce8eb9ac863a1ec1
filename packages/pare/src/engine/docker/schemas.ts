import * as v from 'valibot';

/** What Pare reads of the Engine API's answers; everything else in them is ignored. `null` stands for empty in Go. */

const text = v.string();
const integer = v.pipe(v.number(), v.safeInteger());
const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'not a digest'));
/** Podman leaves the algorithm out. */
const imageId = v.pipe(
  v.string(),
  v.regex(/^(sha256:)?[0-9a-f]{64}$/, 'not an image ID'),
  v.transform((id): `sha256:${string}` => `sha256:${id.slice(-64)}`),
);
const labels = v.nullish(v.record(text, text));
const texts = v.nullish(v.array(text));

export const versionSchema = v.object({
  Version: text,
  ApiVersion: v.pipe(text, v.regex(/^\d+\.\d+$/, 'not a version')),
  MinAPIVersion: v.nullish(text),
  Os: v.nullish(text),
  Arch: v.nullish(text),
  KernelVersion: v.nullish(text),
  Components: v.nullish(v.array(v.object({ Name: text, Version: text }))),
});

export const infoSchema = v.object({
  Name: v.nullish(text),
  OperatingSystem: v.nullish(text),
  OSType: v.nullish(text),
  Architecture: v.nullish(text),
  KernelVersion: v.nullish(text),
  Driver: v.nullish(text),
  DriverStatus: v.nullish(v.array(v.array(v.unknown()))),
  DockerRootDir: v.nullish(text),
  MemoryLimit: v.nullish(v.boolean()),
  CpuCfsQuota: v.nullish(v.boolean()),
  PidsLimit: v.nullish(v.boolean()),
});

export const imageSchema = v.object({
  Id: imageId,
  RepoTags: texts,
  Architecture: v.nullish(text),
  Os: v.nullish(text),
  Size: v.nullish(integer),
  Config: v.nullish(v.object({ Entrypoint: texts })),
  RootFS: v.nullish(v.object({ Layers: v.nullish(v.array(digest)) })),
});

export const createdSchema = v.object({
  Id: v.pipe(text, v.regex(/^[0-9a-f]{12,64}$/, 'not a container ID')),
});

export const containerSchema = v.object({
  State: v.object({
    Status: text,
    Running: v.boolean(),
    ExitCode: integer,
    Error: v.nullish(text),
    Pid: v.nullish(integer),
    Health: v.nullish(v.object({ Status: v.nullish(text) })),
  }),
  NetworkSettings: v.nullish(
    v.object({
      Ports: v.nullish(
        v.record(text, v.nullish(v.array(v.object({ HostIp: v.nullish(text), HostPort: text })))),
      ),
    }),
  ),
});

export const waitSchema = v.object({
  StatusCode: integer,
  Error: v.nullish(v.object({ Message: v.nullish(text) })),
});

export const execCreatedSchema = v.object({
  Id: v.pipe(text, v.regex(/^[0-9a-f]{12,64}$/, 'not an exec ID')),
});
export const execSchema = v.object({ Running: v.boolean(), ExitCode: v.nullish(integer) });

export const containersSchema = v.array(v.object({ Id: text, Labels: labels }));
export const volumeSchema = v.object({ Name: text, Labels: labels });
export const volumesSchema = v.object({ Volumes: v.nullish(v.array(volumeSchema)) });
export const createdNetworkSchema = v.object({
  Id: v.pipe(text, v.regex(/^[0-9a-f]{12,64}$/, 'not a network ID')),
});
export const networksSchema = v.array(v.object({ Id: text, Labels: labels }));

/** One line of the answer to `images/load`. */
export const loadLineSchema = v.object({
  stream: v.nullish(text),
  error: v.nullish(text),
  errorDetail: v.nullish(v.object({ message: v.nullish(text) })),
});
