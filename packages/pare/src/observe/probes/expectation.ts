import type { ExecAnswer, HttpAnswer } from '../../model/observation.ts';
import type { CommandExpectation, HttpExpectation } from '../../model/scenario.ts';

/** Adds what of the expectation an answer does not meet. */
export function judgeHttp(answer: HttpAnswer, expect: HttpExpectation | undefined): HttpAnswer {
  if (expect === undefined) return answer;
  const unmet: string[] = [];
  if (expect.status !== undefined && expect.status !== answer.status)
    unmet.push(`status ${expect.status} was expected, it is ${answer.status}`);
  if (expect.body !== undefined && !matches(expect.body, answer.bodyText ?? ''))
    unmet.push(`the body was expected to match /${expect.body}/`);
  for (const [name, pattern] of Object.entries(expect.headers ?? {})) {
    const value = answer.headers[name];
    if (value === undefined) unmet.push(`a header ${name} was expected`);
    else if (!matches(pattern, value))
      unmet.push(`header ${name} was expected to match /${pattern}/, it is ${value}`);
  }
  return unmet.length === 0 ? answer : { ...answer, unmet };
}

/** Adds what of the expectation the end of a command does not meet. */
export function judgeCommand(answer: ExecAnswer, expect: CommandExpectation | undefined): ExecAnswer {
  if (expect === undefined) return answer;
  const unmet: string[] = [];
  if (expect.exitCode !== undefined && expect.exitCode !== answer.exitCode)
    unmet.push(`exit code ${expect.exitCode} was expected, it is ${answer.exitCode}`);
  for (const stream of ['stdout', 'stderr'] as const) {
    const pattern = expect[stream];
    if (pattern !== undefined && !matches(pattern, answer[stream]))
      unmet.push(`${stream} was expected to match /${pattern}/`);
  }
  return unmet.length === 0 ? answer : { ...answer, unmet };
}

/** `m`: a line is what a person sees in an answer of several. */
export function matches(pattern: string, text: string): boolean {
  return new RegExp(pattern, 'm').test(text);
}
