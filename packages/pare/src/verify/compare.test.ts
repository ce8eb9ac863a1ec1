import { describe, expect, test } from 'vitest';
import type { Answer, ExchangeAnswer, Exercise, HttpAnswer } from '../model/observation.ts';
import { compareExercises } from './compare.ts';

function page(overrides: Partial<HttpAnswer> = {}): HttpAnswer {
  const bodyText = overrides.bodyText ?? 'Hello';
  return {
    kind: 'http',
    method: 'GET',
    url: 'http://localhost:8080/',
    port: 8080,
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    bodyDigest: `sha256:${Buffer.from(bodyText).toString('hex')}`,
    bodySizeBytes: bodyText.length,
    bodyText,
    elapsedMs: 3,
    ...overrides,
  };
}

function image(overrides: Partial<HttpAnswer> = {}): HttpAnswer {
  const { bodyText: _, ...rest } = page({ headers: { 'content-type': 'image/png' } });
  return { ...rest, bodyText: undefined, ...overrides };
}

function run(answers: readonly Answer[], overrides: Partial<Exercise> = {}): Exercise {
  return { answers, listening: [8080], exitCode: undefined, logTail: [], readyAfterMs: 100, ...overrides };
}

const command = {
  kind: 'exec',
  command: 'tool --version',
  exitCode: 0,
  stdout: 'tool 1.2\n',
  stderr: '',
  elapsedMs: 1,
} as const;

describe('compareExercises', () => {
  test('passes when every answer is the same', () => {
    const verdict = compareExercises(run([page(), command]), run([page(), command]));
    expect(verdict).toMatchObject({ schema: 'pare.verdict/1', passed: true, compared: 2, differences: [] });
  });

  test('tells a status that changed with the text of the page', () => {
    const verdict = compareExercises(
      run([page()]),
      run([page({ status: 500, bodyText: 'Internal\n Error' })]),
    );
    expect(verdict.passed).toBe(false);
    expect(verdict.differences).toEqual([
      { probe: 'GET http://localhost:8080/', kind: 'status', fat: '200: Hello', slim: '500: Internal Error' },
    ]);
  });

  test('ignores dates, request ids and lengths among the headers', () => {
    const volatile = (n: number) =>
      page({
        headers: {
          'content-type': 'text/html',
          date: `${n}`,
          etag: `${n}`,
          'x-request-id': `${n}`,
          'content-length': `${n}`,
        },
      });
    expect(compareExercises(run([volatile(1)]), run([volatile(2)])).passed).toBe(true);
  });

  test('tells a content type that was lost', () => {
    const slim = page({ headers: { 'content-type': 'application/octet-stream' } });
    expect(compareExercises(run([page()]), run([slim])).differences).toEqual([
      {
        probe: 'GET http://localhost:8080/',
        kind: 'headers',
        fat: 'content-type: text/html; charset=utf-8',
        slim: 'content-type: application/octet-stream',
      },
    ]);
  });

  test('takes the order of Vary and the spelling of a media type as the same', () => {
    const fat = page({ headers: { 'content-type': 'text/html; charset=UTF-8', vary: 'Accept, Cookie' } });
    const slim = page({ headers: { 'content-type': 'text/html;charset=utf-8', vary: 'Cookie,Accept' } });
    expect(compareExercises(run([fat]), run([slim])).passed).toBe(true);
  });

  test('compares the names of cookies and not their values', () => {
    const cookie = (value: string) => page({ headers: { 'set-cookie': value } });
    expect(compareExercises(run([cookie('sid=1; Path=/')]), run([cookie('sid=2; Path=/')])).passed).toBe(
      true,
    );
    expect(
      compareExercises(run([cookie('sid=1')]), run([page({ headers: {} })])).differences[0],
    ).toMatchObject({
      fat: 'sets cookies: sid',
      slim: 'sets cookies: none',
    });
  });

  test('passes over bodies that differ only in what is volatile', () => {
    const fat = page({ bodyText: 'host 3747830fc63e\npid: 12\nat 2026-11-21 01:44:12' });
    const slim = page({ bodyText: 'host 0c84830fc6aa\npid: 7\nat 2026-11-21 01:44:19' });
    expect(compareExercises(run([fat]), run([slim])).passed).toBe(true);
  });

  test('shows the first line that differs beyond what is volatile', () => {
    const fat = page({ bodyText: 'at 01:44:12\nzone Europe/Vienna\n' });
    const slim = page({ bodyText: 'at 01:44:13\nzone UTC\n' });
    expect(compareExercises(run([fat]), run([slim])).differences).toEqual([
      {
        probe: 'GET http://localhost:8080/',
        kind: 'body',
        fat: 'line 2: zone Europe/Vienna',
        slim: 'line 2: zone UTC',
      },
    ]);
  });

  test('cuts a long line around what differs', () => {
    const [difference] = compareExercises(
      run([page({ bodyText: `${'x'.repeat(500)}fat${'y'.repeat(500)}` })]),
      run([page({ bodyText: `${'x'.repeat(500)}slim${'y'.repeat(500)}` })]),
    ).differences;
    expect(difference?.fat).toContain('xfaty');
    expect(difference?.fat.length).toBeLessThan(200);
  });

  test('compares only the structure of a page that varies from one asking to the next', () => {
    const fat = page({ bodyText: 'quote of the day: carpe diem', varies: ['body'] });
    expect(
      compareExercises(run([fat]), run([page({ bodyText: 'quote of the day: memento mori' })])).passed,
    ).toBe(true);
    const short = compareExercises(
      run([page({ bodyText: 'q'.repeat(300), varies: ['body'] })]),
      run([page({ bodyText: 'no' })]),
    );
    expect(short.differences).toMatchObject([{ kind: 'body' }]);
  });

  test('does not hold against the slim image what differs between two runs of the fat one', () => {
    const fat = run([page({ bodyText: 'token QUJD' }), command]);
    const fatAgain = run([page({ bodyText: 'token WFla' }), { ...command, stdout: 'tool one\n' }]);
    const slim = run([page({ bodyText: 'token R0hJ' }), { ...command, stdout: 'tool two\n' }]);
    expect(compareExercises(fat, slim).passed).toBe(false);
    expect(compareExercises(fat, slim, { fatAgain }).passed).toBe(true);
  });

  test('leaves out an address that only one run of the fat image came across', () => {
    const once = page({ url: 'http://localhost:8080/s/QUJDx' });
    const verdict = compareExercises(run([page(), once]), run([page()]), { fatAgain: run([page()]) });
    expect(verdict).toMatchObject({ passed: true, compared: 1 });
  });

  test('matches addresses that hold an identifier of the run', () => {
    const asset = (id: string) => page({ url: `http://localhost:8080/static/app.${id}.js` });
    expect(compareExercises(run([asset('3747830fc63e')]), run([asset('aa47830fc63f')])).passed).toBe(true);
  });

  test('keeps the ports of one host apart', () => {
    const fat = run([page(), page({ url: 'http://localhost:9090/', port: 9090, bodyText: 'admin' })], {
      listening: [8080, 9090],
    });
    const slim = run([page({ url: 'http://localhost:9090/', port: 9090, bodyText: 'admin' }), page()], {
      listening: [8080, 9090],
    });
    expect(compareExercises(fat, slim).passed).toBe(true);
  });

  test('tells an image whose content changed', () => {
    expect(
      compareExercises(run([image()]), run([image({ bodyDigest: 'sha256:00', bodySizeBytes: 0 })]))
        .differences,
    ).toMatchObject([
      {
        kind: 'body',
        fat: expect.stringContaining('image/png, 5 bytes'),
        slim: expect.stringContaining('0 bytes'),
      },
    ]);
  });

  test('tells an answer that is missing with the reason', () => {
    const failed = {
      kind: 'failed',
      probe: 'GET http://localhost:8080/',
      port: 8080,
      message: 'connection reset',
    } as const;
    expect(compareExercises(run([page()]), run([failed])).differences).toMatchObject([
      { kind: 'missing-answer', slim: 'connection reset' },
    ]);
    expect(compareExercises(run([page()]), run([])).differences).toMatchObject([{ kind: 'missing-answer' }]);
  });

  test('asks nothing of the slim image that the fat one failed', () => {
    const failed = {
      kind: 'failed',
      probe: 'GET http://localhost:8080/',
      port: 8080,
      message: 'connection reset',
    } as const;
    expect(compareExercises(run([failed]), run([]))).toMatchObject({ passed: true, compared: 0 });
  });

  test('tells a command that ends differently with the last thing it said', () => {
    const slim = {
      ...command,
      exitCode: 127,
      stdout: '',
      stderr: 'warming up\ntool: libz.so.1: cannot open shared object file\n',
    };
    expect(compareExercises(run([command]), run([slim])).differences).toEqual([
      {
        probe: 'tool --version',
        kind: 'exit-code',
        fat: 'exit code 0: tool 1.2',
        slim: 'exit code 127: tool: libz.so.1: cannot open shared object file',
      },
    ]);
  });

  test('tells which stream of a command differs', () => {
    expect(
      compareExercises(run([command]), run([{ ...command, stderr: 'locale: cannot set\n' }])).differences,
    ).toEqual([
      {
        probe: 'tool --version',
        kind: 'output',
        fat: 'stderr line 1: ',
        slim: 'stderr line 1: locale: cannot set',
      },
    ]);
  });

  test('tells an application that did not start, with its last words', () => {
    const failure = {
      code: 'container-exited',
      message: 'it ended with exit code 1',
      hint: undefined,
      details: ['cannot open libssl.so'],
    } as const;
    const verdict = compareExercises(run([page()]), run([], { listening: [], failure }));
    expect(verdict.differences[0]).toEqual({
      probe: 'start',
      kind: 'did-not-start',
      fat: 'ready after 100 ms',
      slim: 'it ended with exit code 1; cannot open libssl.so',
    });
  });

  test('tells a port that is no longer listened on, and ignores ports that the kernel gave out', () => {
    const fat = run([], { listening: [8080, 9090, 40_001] });
    expect(compareExercises(fat, run([], { listening: [8080] })).differences).toEqual([
      { probe: 'TCP port 9090', kind: 'not-listening', fat: 'listens', slim: 'listens only on 8080' },
    ]);
  });

  test('tells an application that no longer stops as it did', () => {
    const fat = run([], { exitCode: 0 });
    const slim = run([], { exitCode: 1, logTail: ['sh: kill: not found'] });
    expect(compareExercises(fat, slim).differences).toEqual([
      { probe: 'stop', kind: 'exit-code', fat: 'exit code 0', slim: 'exit code 1: sh: kill: not found' },
    ]);
    expect(compareExercises(fat, slim, { fatAgain: run([], { exitCode: 143 }) }).passed).toBe(true);
    expect(compareExercises(fat, run([])).passed).toBe(true);
  });
});

const ping: ExchangeAnswer = {
  kind: 'exchange',
  protocol: 'tcp',
  question: 'tcp localhost:6379 "PING"',
  port: 6379,
  outcome: 'answered',
  received: ['+PONG at 12:00:01'],
  elapsedMs: 1,
};

describe('exchanges', () => {
  test('are the same when what they say differs only in what differs from run to run', () => {
    const later = { ...ping, received: ['+PONG at 12:00:07'], elapsedMs: 9 };
    expect(compareExercises(run([ping]), run([later]))).toMatchObject({ passed: true, compared: 1 });
  });

  test('differ in how they end and in what came back', () => {
    expect(
      compareExercises(run([ping]), run([{ ...ping, outcome: 'closed', received: [] }])).differences,
    ).toEqual([
      {
        probe: 'tcp localhost:6379 "PING"',
        kind: 'exchange',
        fat: 'answered; +PONG at 12:00:01',
        slim: 'closed, nothing received',
      },
    ]);
    expect(compareExercises(run([ping]), run([{ ...ping, received: ['-ERR'] }])).differences).toMatchObject([
      { kind: 'exchange', fat: 'line 1: +PONG at 12:00:01', slim: 'line 1: -ERR' },
    ]);
  });

  test('that vary on the fat image must come back all the same', () => {
    const random = (received: readonly string[]) => run([{ ...ping, received }]);
    const options = { fatAgain: random(['b']) };
    expect(compareExercises(random(['a']), random(['c']), options).passed).toBe(true);
    expect(compareExercises(random(['a']), random([]), options).passed).toBe(false);
  });
});

describe('expectations', () => {
  test('that the fat image met must be met, also where the answer varies', () => {
    const slim = page({ bodyText: 'Good bye', unmet: ['the body was expected to match /Hello/'] });
    const fatAgain = run([page({ bodyText: 'Hello 2' })]);
    expect(compareExercises(run([page()]), run([slim]), { fatAgain }).differences).toEqual([
      {
        probe: 'GET http://localhost:8080/',
        kind: 'expectation',
        fat: 'as expected',
        slim: 'the body was expected to match /Hello/',
      },
    ]);
  });
});

describe('commands on the host', () => {
  test('are compared by their exit code alone', () => {
    const tests = { ...command, onHost: true, stdout: '12 passed in 3.1' } as const;
    expect(compareExercises(run([tests]), run([{ ...tests, stdout: 'all fine' }])).passed).toBe(true);
    expect(compareExercises(run([tests]), run([{ ...tests, exitCode: 1 }])).differences).toMatchObject([
      { probe: 'on the host: tool --version', kind: 'exit-code' },
    ]);
  });
});

describe('further runs', () => {
  const migrate = (exitCode: number) => ({
    name: 'migrate',
    exercise: run([{ kind: 'exit', exitCode, stdout: '', stderr: '' }], { listening: [] }),
  });

  test('are compared each by itself, and named', () => {
    const verdict = compareExercises(
      run([page()], { runs: [migrate(0)] }),
      run([page()], { runs: [migrate(1)] }),
    );
    expect(verdict).toMatchObject({ passed: false, compared: 2 });
    expect(verdict.differences).toMatchObject([
      { probe: 'migrate: the command of the image', kind: 'exit-code' },
    ]);
    expect(verdict.answers).toHaveLength(2);
  });

  test('that were not made are missing', () => {
    const verdict = compareExercises(run([], { runs: [migrate(0)] }), run([]));
    expect(verdict.differences).toEqual([
      { probe: 'migrate', kind: 'missing-answer', fat: '1 answers', slim: 'was not run' },
    ]);
  });
});
