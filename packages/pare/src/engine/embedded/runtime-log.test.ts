import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRuntimeLog, startExitCode } from './runtime-log.ts';

describe('parseRuntimeLog', () => {
  it('gives the last error without what the runtime puts before it', () => {
    const text = `{"level":"warning","msg":"oom"}
{"level":"error","msg":"runc run failed: unable to start container process: exec: \\"x\\": not found"}
`;
    expect(parseRuntimeLog(text)).toBe('unable to start container process: exec: "x": not found');
  });

  it('finds nothing in an empty, a cut or a strange log', () => {
    for (const text of ['', '{"level":"error","msg":"ru', '[1]\nnull\n{}', '{"msg":3}']) {
      expect(parseRuntimeLog(text)).toBeUndefined();
    }
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseRuntimeLog(text)));
  });
});

describe('startExitCode', () => {
  it('is 127 for a program that is not there and 126 for what is none, in the words of each runtime', () => {
    expect(
      startExitCode('unable to start container process: exec: "x": executable file not found in $PATH'),
    ).toBe(127);
    expect(startExitCode('exec: "/x": stat /x: no such file or directory')).toBe(127);
    expect(startExitCode('exec: "/etc/passwd": permission denied')).toBe(126);
    expect(startExitCode('executable file `x` not found in $PATH: No such file or directory')).toBe(127);
    expect(startExitCode('open executable: Permission denied')).toBe(126);
  });

  it('is none for a failure of the engine', () => {
    expect(
      startExitCode('unable to apply cgroup configuration: mkdir: no such file or directory'),
    ).toBeUndefined();
  });
});
