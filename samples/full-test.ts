import assert from 'node:assert/strict';

/** What one command in a container gave back. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running container of a sample image, fat or slim, as its full test sees it. */
export interface SampleTarget {
  /** `http://127.0.0.1:PORT` of the sample's first port; empty when it listens on none. */
  readonly baseUrl: string;
  /** The port on 127.0.0.1 that leads to a port of the container. Throws for one that is not published. */
  hostPort(containerPort: number): number;
  /** Runs a program in the running container, without a shell, as the image's user or as `user`. */
  exec(
    argv: readonly string[],
    options?: { readonly user?: string; readonly input?: string },
  ): Promise<CommandResult>;
  /** Starts a second container of the image with `argv` as its command, to its end. `options` are flags of docker run. */
  runOnce(argv: readonly string[], options?: readonly string[]): Promise<CommandResult>;
  /** Stops the container as `docker stop` does, starts it again and waits until it is ready. Volumes stay. */
  restart(): Promise<void>;
  /** Sends a signal (`HUP`) to the container's first process, as `docker kill --signal` does. */
  signal(name: string): Promise<void>;
  /** What the container has written so far to its standard output and error. */
  logs(): Promise<string>;
}

/** How the container of a full test is started, beyond `docker run -d IMAGE`. */
export interface FullTestStart {
  /** Flags of docker run; anonymous volumes are removed with the container. */
  readonly options?: readonly string[];
  /** In place of the image's command. */
  readonly command?: readonly string[];
}

export interface Check {
  readonly title: string;
  /** Throws when the image does not do what the title says. */
  run(target: SampleTarget): Promise<void>;
}

export interface FullTestResult {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly check: string; readonly message: string }[];
}

/** A functional test of one sample, many times larger than its probes, written against the fat image. */
export interface FullTest {
  readonly name: string;
  /** Ports of the container that the checks use, the HTTP one first. */
  readonly ports: readonly number[];
  readonly start?: FullTestStart;
  /** Asked until it holds, before the checks run. Throws or gives false while the sample is not ready. */
  isReady(target: SampleTarget): Promise<boolean>;
  run(target: SampleTarget): Promise<FullTestResult>;
}

const checkTimeoutMs = 60_000;

async function withDeadline(check: Check, target: SampleTarget): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no result after ${checkTimeoutMs} ms`)), checkTimeoutMs);
  });
  try {
    await Promise.race([check.run(target), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes a full test of checks; they run one after another, in order, and one that fails does not stop the rest. */
export function defineFullTest(
  definition: Omit<FullTest, 'run'> & { readonly checks: readonly Check[] },
): FullTest {
  const { checks, ...rest } = definition;
  return {
    ...rest,
    async run(target) {
      const passed: string[] = [];
      const failed: { check: string; message: string }[] = [];
      for (const check of checks) {
        try {
          await withDeadline(check, target);
          passed.push(check.title);
        } catch (error) {
          failed.push({
            check: check.title,
            message: error instanceof Error ? error.message : String(error),
          });
        }
      }
      return { passed, failed };
    },
  };
}

/** What an HTTP check sends, and what it demands of the answer. */
export interface HttpExpectation {
  readonly method?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** 200 unless told. */
  readonly status?: number;
  /** The body is this JSON value. */
  readonly json?: unknown;
  /** The body, without white space at its ends, is this text. */
  readonly text?: string;
  /** The body matches. */
  readonly match?: RegExp;
  /** Headers of the answer that match, by lower-case name. */
  readonly answerHeaders?: Readonly<Record<string, RegExp>>;
}

/** A check that makes one request to the sample's first port. */
export function httpCheck(title: string, path: string, expected: HttpExpectation): Check {
  return {
    title,
    async run(target) {
      const answer = await fetch(`${target.baseUrl}${path}`, {
        method: expected.method ?? (expected.body === undefined ? 'GET' : 'POST'),
        redirect: 'manual',
        ...(expected.headers === undefined ? {} : { headers: expected.headers }),
        ...(expected.body === undefined ? {} : { body: expected.body as NonNullable<RequestInit['body']> }),
      });
      const body = await answer.text();
      const told = `${answer.status} ${body.slice(0, 300)}`;
      assert.equal(answer.status, expected.status ?? 200, told);
      for (const [name, pattern] of Object.entries(expected.answerHeaders ?? {})) {
        assert.match(answer.headers.get(name) ?? '', pattern, `${name}: ${answer.headers.get(name)}`);
      }
      if (expected.json !== undefined) assert.deepEqual(JSON.parse(body), expected.json, told);
      if (expected.text !== undefined) assert.equal(body.trim(), expected.text);
      if (expected.match !== undefined) assert.match(body, expected.match, told);
    },
  };
}

/** True once the path answers 200. */
export function answersOk(path: string): FullTest['isReady'] {
  return async (target) => {
    const answer = await fetch(`${target.baseUrl}${path}`, { signal: AbortSignal.timeout(2000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  };
}

/** What a command check demands. */
export interface ExecExpectation {
  /** 0 unless told. */
  readonly exitCode?: number;
  readonly user?: string;
  readonly input?: string;
  /** Standard output, without white space at its ends, is this text. */
  readonly text?: string;
  readonly match?: RegExp;
  readonly stderr?: RegExp;
}

/** A check that runs one program in the running container. */
export function execCheck(title: string, argv: readonly string[], expected: ExecExpectation = {}): Check {
  return {
    title,
    async run(target) {
      const { user, input } = expected;
      const result = await target.exec(argv, {
        ...(user === undefined ? {} : { user }),
        ...(input === undefined ? {} : { input }),
      });
      assertCommand(result, expected);
    },
  };
}

/** Throws when a command's result is not the expected one. */
export function assertCommand(result: CommandResult, expected: ExecExpectation): void {
  const told = `exit code ${result.exitCode}: ${result.stdout.slice(0, 300)} ${result.stderr.slice(0, 300)}`;
  assert.equal(result.exitCode, expected.exitCode ?? 0, told);
  if (expected.text !== undefined) assert.equal(result.stdout.trim(), expected.text, told);
  if (expected.match !== undefined) assert.match(result.stdout, expected.match, told);
  if (expected.stderr !== undefined) assert.match(result.stderr, expected.stderr, told);
}
