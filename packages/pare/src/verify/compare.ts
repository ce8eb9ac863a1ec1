import { answerTitle } from '../model/answer-title.ts';
import type { Answer, Exercise, HttpAnswer } from '../model/observation.ts';
import type { Difference, Verdict } from '../model/verdict.ts';
import { compareExchange } from './compare-exchange.ts';
import { compareHttp, type Varies } from './compare-http.ts';
import { compareOutput } from './compare-output.ts';
import { normaliseText } from './normalise.ts';

export interface ComparisonOptions {
  /**
   * A second run of the fat image with the same probes. What differs between its two runs (a token made at each start,
   * an order of hash keys) is not held against the slim image; only the structure of such answers is compared.
   */
  readonly fatAgain?: Exercise;
}

/** Ports from here on are given out by the kernel (ip_local_port_range), so they differ from run to run. */
const firstEphemeralPort = 32_768;

/**
 * Compares what two runs of one scenario answered. Answers are matched by what was asked; what is known to differ
 * between honest runs is normalised first. Passing means: each answer that the fat image gave, the slim image gave.
 */
export function compareExercises(fat: Exercise, slim: Exercise, options: ComparisonOptions = {}): Verdict {
  const slimAnswers = byQuestion(slim.answers);
  const againAnswers = options.fatAgain === undefined ? undefined : byQuestion(options.fatAgain.answers);
  const differences: Difference[] = [
    ...compareStart(fat, slim),
    ...compareEnd(fat, slim, options.fatAgain),
    ...compareListening(fat, slim, options.fatAgain),
  ];
  const further = compareRuns(fat, slim, options.fatAgain);
  differences.push(...further.differences);
  let { compared } = further;
  for (const [question, answer] of byQuestion(fat.answers)) {
    // A probe that failed on the fat image says nothing about the slim one.
    if (answer.kind === 'failed') continue;
    const again = againAnswers?.get(question);
    // An address that the second fat run did not come across either is one that each run invents.
    if (againAnswers !== undefined && again === undefined) continue;
    compared += 1;
    const slimAnswer = slimAnswers.get(question);
    differences.push(...compareAnswer(answer, slimAnswer, again), ...newlyUnmet(answer, slimAnswer));
  }
  return {
    schema: 'pare.verdict/1',
    passed: differences.length === 0,
    compared,
    differences,
    answers: [...slim.answers, ...(slim.runs ?? []).flatMap(({ exercise }) => exercise.answers)],
  };
}

/** Each further run of the scenario is compared by itself: it has a container of its own. */
function compareRuns(
  fat: Exercise,
  slim: Exercise,
  again: Exercise | undefined,
): { readonly compared: number; readonly differences: readonly Difference[] } {
  const differences: Difference[] = [];
  let compared = 0;
  for (const { name, exercise } of fat.runs ?? []) {
    const slimRun = runOf(slim, name);
    if (slimRun === undefined) {
      differences.push({
        probe: name,
        kind: 'missing-answer',
        fat: `${exercise.answers.length} answers`,
        slim: 'was not run',
      });
      continue;
    }
    const fatAgain = again === undefined ? undefined : runOf(again, name);
    const verdict = compareExercises(exercise, slimRun, fatAgain === undefined ? {} : { fatAgain });
    compared += verdict.compared;
    differences.push(...verdict.differences.map((one) => ({ ...one, probe: `${name}: ${one.probe}` })));
  }
  return { compared, differences };
}

function runOf(exercise: Exercise, name: string): Exercise | undefined {
  return exercise.runs?.find((run) => run.name === name)?.exercise;
}

/** Answers by what was asked and the how manieth time it was asked. */
function byQuestion(answers: readonly Answer[]): ReadonlyMap<string, Answer> {
  const times = new Map<string, number>();
  const result = new Map<string, Answer>();
  for (const answer of answers) {
    const title = normaliseQuestion(answer);
    const time = times.get(title) ?? 0;
    times.set(title, time + 1);
    result.set(`${title}\n${time}`, answer);
  }
  return result;
}

/** The port is part of the question: the scheme, host and port are those of the container, not the published ones. */
function normaliseQuestion(answer: Answer): string {
  const title = answerTitle(answer);
  const path = title.indexOf('/', title.indexOf('://') + 3);
  if (answer.kind === 'exec' || answer.kind === 'exchange' || path < 0) return title;
  return title.slice(0, path) + normaliseText(title.slice(path));
}

function compareAnswer(
  fat: Answer,
  slim: Answer | undefined,
  again: Answer | undefined,
): readonly Difference[] {
  const probe = answerTitle(fat);
  if (slim === undefined || slim.kind === 'failed') {
    return [
      {
        probe,
        kind: 'missing-answer',
        fat: describe(fat),
        slim: slim === undefined ? 'not asked, or no answer' : slim.message,
      },
    ];
  }
  if (fat.kind === 'exchange' && slim.kind === 'exchange') {
    const varies = again?.kind === 'exchange' && compareExchange(probe, fat, again, false).length > 0;
    return compareExchange(probe, fat, slim, varies);
  }
  if (fat.kind === 'http' && slim.kind === 'http') {
    return compareHttp(probe, fat, slim, variesOf(fat, again?.kind === 'http' ? again : undefined));
  }
  if ((fat.kind === 'exec' && slim.kind === 'exec') || (fat.kind === 'exit' && slim.kind === 'exit')) {
    const varies =
      again !== undefined && again.kind === fat.kind && compareOutput(probe, fat, again, false).length > 0;
    return compareOutput(probe, fat, slim, varies);
  }
  return [{ probe, kind: 'unexpected-answer', fat: describe(fat), slim: describe(slim) }];
}

/** What the scenario expects counts also where an answer varies from run to run. */
function newlyUnmet(fat: Answer, slim: Answer | undefined): readonly Difference[] {
  if (slim === undefined || slim.kind === 'failed' || 'unmet' in fat || !('unmet' in slim)) return [];
  return (slim.unmet ?? []).map((unmet) => ({
    probe: answerTitle(fat),
    kind: 'expectation',
    fat: 'as expected',
    slim: unmet,
  }));
}

function variesOf(fat: HttpAnswer, again: HttpAnswer | undefined): Varies {
  const varies = new Set(fat.varies ?? []);
  if (again === undefined) return varies;
  for (const part of again.varies ?? []) varies.add(part);
  for (const { kind } of compareHttp('', fat, again, new Set())) {
    if (kind === 'status' || kind === 'headers' || kind === 'body') varies.add(kind);
  }
  return varies;
}

function compareStart(fat: Exercise, slim: Exercise): readonly Difference[] {
  if (slim.failure === undefined || fat.failure !== undefined) return [];
  const why = [slim.failure.message, ...slim.failure.details.slice(-3)].join('; ');
  return [
    {
      probe: 'start',
      kind: 'did-not-start',
      fat: `ready after ${Math.round(fat.readyAfterMs)} ms`,
      slim: why,
    },
  ];
}

/** How it ended after its stop signal; one that was killed says nothing. A tool's end is among its answers. */
function compareEnd(fat: Exercise, slim: Exercise, again: Exercise | undefined): readonly Difference[] {
  if (fat.exitCode === undefined || slim.exitCode === undefined || fat.exitCode === slim.exitCode) return [];
  if (fat.failure !== undefined || slim.failure !== undefined) return [];
  if (again !== undefined && again.exitCode !== fat.exitCode) return [];
  if (fat.answers.some(({ kind }) => kind === 'exit')) return [];
  const lastWords = slim.logTail.at(-1)?.slice(0, 160);
  const slimEnd = `exit code ${slim.exitCode}${lastWords === undefined ? '' : `: ${lastWords}`}`;
  return [{ probe: 'stop', kind: 'exit-code', fat: `exit code ${fat.exitCode}`, slim: slimEnd }];
}

/** Listening on more is no difference: the slim image does not listen on what the fat one never did by itself. */
function compareListening(fat: Exercise, slim: Exercise, again: Exercise | undefined): readonly Difference[] {
  const answered = new Set(fat.answers.map((answer) => ('port' in answer ? answer.port : undefined)));
  return fat.listening
    .filter((port) => port < firstEphemeralPort || answered.has(port))
    .filter((port) => !slim.listening.includes(port) && again?.listening.includes(port) !== false)
    .map((port) => ({
      probe: `TCP port ${port}`,
      kind: 'not-listening' as const,
      fat: 'listens',
      slim:
        slim.listening.length === 0 ? 'listens on no port' : `listens only on ${slim.listening.join(', ')}`,
    }));
}

function describe(answer: Answer): string {
  switch (answer.kind) {
    case 'http':
      return `${answer.status}, ${answer.headers['content-type'] ?? 'no content type'}, ${answer.bodySizeBytes} bytes`;
    case 'exchange':
      return `${answer.outcome}, ${answer.received.length} messages`;
    case 'exec':
    case 'exit':
      return `exit code ${answer.exitCode}`;
    case 'failed':
      return answer.message;
  }
}
