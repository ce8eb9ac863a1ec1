import type { ImageConfig, RunConfig } from '@pare/oci';
import { DockerfileParser, PropertyInstruction } from 'dockerfile-ast';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reverseDockerfile } from './dockerfile.ts';

const image = (
  config: RunConfig,
  steps: readonly string[],
  changes: Partial<ImageConfig> = {},
): ImageConfig => ({
  architecture: 'amd64',
  os: 'linux',
  config,
  rootfs: { type: 'layers', diff_ids: [] },
  history: steps.map((created_by) => ({ created_by })),
  ...changes,
});

/** The text below the remarks at its top. */
function reverse(config: RunConfig, steps: readonly string[]): string {
  const text = reverseDockerfile(image(config, steps), 'my/app');
  return text.slice(text.indexOf('FROM scratch') + 'FROM scratch\n'.length);
}

const nop = (text: string) => `/bin/sh -c #(nop) ${text}`;

test("tells the classic builder's steps", () => {
  const config: RunConfig = {
    Env: ['PATH=/usr/bin', 'NOTE=two words', 'B=1'],
    Labels: { maintainer: 'me <me@example.org>' },
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/data': {} },
    WorkingDir: '/srv',
    User: 'www',
    StopSignal: 'SIGQUIT',
    Healthcheck: {
      Test: ['CMD-SHELL', 'curl -f http://localhost/ || exit 1'],
      Interval: 30e9,
      Timeout: 5e9,
      Retries: 3,
    },
    Entrypoint: ['/entry.sh'],
    Cmd: ['nginx', '-g', 'daemon off;'],
  };
  const text = reverse(config, [
    nop(` ADD file:${'a1'.repeat(32)} in / `),
    nop(' ENV PATH=/usr/bin'),
    nop(' LABEL maintainer=me <me@example.org>'),
    nop(' ENV NOTE=two words B=1'),
    nop(' ARG VERSION=1'),
    '|1 VERSION=1 /bin/sh -c make install',
    nop(` COPY --chown=www:www dir:${'b2'.repeat(32)} in /srv `),
    nop(' WORKDIR /srv'),
    nop(' EXPOSE 80'),
    nop(' VOLUME [/data]'),
    nop(' USER www'),
    nop(' STOPSIGNAL SIGQUIT'),
    nop(
      String.raw` HEALTHCHECK &{["CMD-SHELL" "curl -f http://localhost/ || exit 1"] "30s" "5s" "0s" '\x03'}`,
    ),
    nop(' ENTRYPOINT ["/entry.sh"]'),
    nop(' CMD ["nginx" "-g" "daemon off;"]'),
  ]);
  expect(text).toBe(`ADD file:a1a1a1a1a1a1 /
ENV PATH=/usr/bin
LABEL maintainer="me <me@example.org>"
ENV NOTE="two words"
ENV B=1
ARG VERSION=1
# with VERSION=1
RUN make install
COPY --chown=www:www dir:b2b2b2b2b2b2 /srv
WORKDIR /srv
EXPOSE 80
VOLUME ["/data"]
USER www
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=30s --timeout=5s --retries=3 CMD curl -f http://localhost/ || exit 1
ENTRYPOINT ["/entry.sh"]
CMD ["nginx","-g","daemon off;"]
`);
});

test("tells BuildKit's steps, a shell of the image's own and heredocs", () => {
  const config: RunConfig = {
    Shell: ['/bin/bash', '-o', 'pipefail', '-c'],
    ExposedPorts: { '80/tcp': {} },
    Healthcheck: { Test: ['CMD', 'true'], StartPeriod: 90e9 },
  };
  const text = reverse(config, [
    'COPY /src/a /src/b /dst/ # buildkit',
    'SHELL [/bin/bash -o pipefail -c]',
    'RUN |1 A=b /bin/bash -o pipefail -c curl x | sh # buildkit',
    'RUN /bin/sh -c apt-get update\napt-get install -y x\nEOF\n # buildkit',
    'RUN /bin/bash -o pipefail -c set -e\nmake # buildkit',
    'EXPOSE map[80/tcp:{}]',
    String.raw`HEALTHCHECK &{["CMD" "true"] "0s" "0s" "1m30s" "0s" '\x00'}`,
    'ONBUILD RUN echo built',
  ]);
  expect(text).toBe(`COPY /src/a /src/b /dst/
SHELL ["/bin/bash","-o","pipefail","-c"]
# with A=b
RUN curl x | sh
RUN ["/bin/sh","-c","apt-get update\\napt-get install -y x\\nEOF"]
RUN <<EOF
set -e
make
EOF
EXPOSE 80/tcp
HEALTHCHECK --start-period=1m30s CMD ["true"]
ONBUILD RUN echo built
`);
});

test('breaks a long command where its Dockerfile did, and nowhere inside quotes', () => {
  const text = reverse({}, [
    `/bin/sh -c set -eux; \tapt-get update; \tapt-get install -y --no-install-recommends \t\tca-certificates \t\tcurl \t; \techo "a  b && c" '#x  y' "$(echo "p  q")" # tail && rm -rf /var/lib/apt/lists/*`,
  ]);
  expect(text).toBe(`RUN set -eux; \\
    apt-get update; \\
    apt-get install -y --no-install-recommends \\
        ca-certificates \\
        curl \\
    ; \\
    echo "a  b && c" '#x  y' "$(echo "p  q")" # tail \\
    && rm -rf /var/lib/apt/lists/*
`);
});

test('marks where a base image probably ended', () => {
  const text = reverseDockerfile(
    image({ Cmd: ['node'] }, [], {
      history: [
        { created_by: nop(' ADD file:x in / ') },
        { created_by: nop(' CMD ["bash"]') },
        { created_by: '/bin/sh -c apt-get install node', created: '2026-01-02T03:04:05Z' },
        { created_by: nop(' CMD ["node"]') },
      ],
    }),
    'my/app',
    ['my/app:latest', 'other:1'],
  );
  expect(text).toContain('# my/app, also other:1\n');
  expect(text).toContain(`CMD ["bash"]

# ---- the base image ends here; what follows was built on it on 2026-01-02 ----

RUN apt-get install node
`);
  expect(text.match(/----/g)).toHaveLength(2);
});

test('says what only the config tells, and comments what the config took away', () => {
  const ExposedPorts = { '80/tcp': {}, '81/tcp': {}, '90/udp': {} };
  const text = reverse({ Env: ['A=new'], User: '', Cmd: ['x'], ExposedPorts }, [
    nop(' ENV A=old GONE=1'),
    nop(' EXPOSE 99 80-81 90-91/udp'),
    nop(' USER www'),
    'jib-maven-plugin:3.4.0',
    '',
  ]);
  expect(text).toBe(`ENV A="old GONE=1"
EXPOSE 80-81
# EXPOSE 99
# EXPOSE 90-91/udp
USER www
# jib-maven-plugin:3.4.0
# a step without a record of what it did

# In the image config, but not as its history tells:
ENV A=new
EXPOSE 80/tcp 81/tcp 90/udp
USER root
CMD ["x"]
`);
});

/** What a reader makes of the text: the last value of each instruction. */
function readBack(text: string) {
  const dockerfile = DockerfileParser.parse(text);
  const read = {
    env: new Map<string, string>(),
    labels: new Map<string, string>(),
    ports: new Set<string>(),
    volumes: new Set<string>(),
    last: new Map<string, string>(),
    keywords: [] as string[],
  };
  for (const instruction of dockerfile.getInstructions()) {
    const keyword = instruction.getKeyword();
    const rest = instruction.getRawArgumentsContent() ?? '';
    read.keywords.push(keyword);
    if (keyword === 'EXPOSE')
      for (const port of rest.split(' ')) read.ports.add(port.includes('/') ? port : `${port}/tcp`);
    else if (keyword === 'VOLUME') for (const path of JSON.parse(rest)) read.volumes.add(path);
    else read.last.set(keyword, rest);
  }
  for (const instruction of dockerfile.getInstructions()) {
    if (!(instruction instanceof PropertyInstruction)) continue;
    const target = instruction.getKeyword() === 'ENV' ? read.env : read.labels;
    for (const property of instruction.getProperties()) {
      // The reader leaves `\$` as it is; a builder takes it for a literal `$`.
      target.set(property.getName(), (property.getValue() ?? '').replaceAll('\\$', '$'));
    }
  }
  return read;
}

const word = fc
  .string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...'ab1/.-_ "\'$&|;#=é') })
  .map((text) => `w${text}w`);
const simple = fc
  .string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(...'abcXYZ019_') })
  .map((text) => `n${text}`);
const argv = fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 3 });
const configs: fc.Arbitrary<RunConfig> = fc.record(
  {
    Env: fc
      .uniqueArray(fc.tuple(simple, word), { maxLength: 4, selector: ([name]) => name })
      .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`)),
    Labels: fc.dictionary(simple, word, { maxKeys: 3 }),
    ExposedPorts: fc
      .uniqueArray(fc.integer({ min: 1, max: 65535 }), { maxLength: 3 })
      .map((ports) => Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}]))),
    Volumes: fc
      .uniqueArray(simple, { maxLength: 2 })
      .map((names) => Object.fromEntries(names.map((name) => [`/${name}`, {}]))),
    WorkingDir: simple.map((name) => `/${name}`),
    User: simple,
    StopSignal: fc.constantFrom('SIGTERM', 'SIGQUIT'),
    Cmd: argv,
    Entrypoint: argv,
    Healthcheck: fc.record({
      Test: argv.map((words) => ['CMD', ...words]),
      Interval: fc.integer({ min: 1, max: 100 }).map((seconds) => seconds * 1e9),
    }),
  },
  { requiredKeys: [] },
);
const steps = fc.array(
  fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ maxLength: 40 }).map((text) => `/bin/sh -c ${text}`),
    fc
      .tuple(
        fc.constantFrom(
          'ENV',
          'CMD',
          'COPY',
          'RUN',
          'USER',
          'LABEL',
          'HEALTHCHECK',
          'EXPOSE',
          'WORKDIR',
          'ARG',
          'ONBUILD',
          'VOLUME',
          'SHELL',
          'STOPSIGNAL',
          'ENTRYPOINT',
        ),
        fc.string({ maxLength: 30 }),
      )
      .map(([keyword, rest]) => nop(`${keyword} ${rest}`)),
    fc.constantFrom(
      'RUN cat <<EOF\nFROM evil',
      'x\nFROM evil',
      nop('USER a\nFROM evil'),
      'RUN /bin/sh -c a \\',
      nop('LABEL a=b\\'),
      'COPY a b \\',
      '# escape=`',
      nop('CMD ["a" "b\nFROM evil"]'),
      `/bin/sh -c ${'x'.repeat(70_000)}`,
      '/bin/sh -c\n\u0000\u001b',
      nop('ENV nodeA=1 $(x)'),
    ),
  ),
  { maxLength: 8 },
);

test('always parses, never lets a step become another, and adds up to the config', () => {
  fc.assert(
    fc.property(configs, steps, (config, history) => {
      const text = reverseDockerfile(image(config, history), 'my/app');
      const read = readBack(text);
      expect(read.keywords.filter((keyword) => keyword === 'FROM')).toEqual(['FROM']);
      expect(text).not.toMatch(/^FROM evil/m);
      for (const pair of config.Env ?? [])
        expect(read.env.get(pair.slice(0, pair.indexOf('=')))).toBe(pair.slice(pair.indexOf('=') + 1));
      for (const [name, value] of Object.entries(config.Labels ?? {}))
        expect(read.labels.get(name)).toBe(value);
      expect([...read.ports].sort()).toEqual(Object.keys(config.ExposedPorts ?? {}).sort());
      expect([...read.volumes].sort()).toEqual(Object.keys(config.Volumes ?? {}).sort());
      expect(JSON.parse(read.last.get('CMD') ?? '[]')).toEqual(config.Cmd ?? []);
      expect(JSON.parse(read.last.get('ENTRYPOINT') ?? '[]')).toEqual(config.Entrypoint ?? []);
      if (config.User !== undefined) expect(read.last.get('USER')).toBe(config.User);
      if (config.WorkingDir !== undefined) expect(read.last.get('WORKDIR')).toBe(config.WorkingDir);
      if (config.StopSignal !== undefined) expect(read.last.get('STOPSIGNAL')).toBe(config.StopSignal);
      const health = config.Healthcheck;
      if (health !== undefined)
        expect(JSON.parse(/CMD (.*)$/.exec(read.last.get('HEALTHCHECK') ?? '')?.[1] ?? '')).toEqual(
          health.Test?.slice(1),
        );
    }),
    { numRuns: 300 },
  );
});
