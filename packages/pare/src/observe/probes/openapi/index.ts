import type { Answer } from '../../../model/observation.ts';
import { describeFailure } from '../deadline.ts';
import { originOf } from '../http/http-port.ts';
import { fetchOnce, HttpFailure, type HttpQuestion } from '../http/request.ts';
import type { PortContext, ProbeOf, ProbeRunner } from '../probe.ts';
import type { LooseSchema } from './example.ts';
import { operationsOf } from './operations.ts';

/** One request for each operation of a specification, one after the other: writing changes what is read. */
export const openapiProbe: ProbeRunner<'openapi'> = {
  id: 'openapi',
  needs: 'http-port',
  stepwise: true,
  title: (probe, port) => `${nameOf(probe)} of ${originOf(port.target)}`,
  async run(probe, context): Promise<readonly Answer[]> {
    const { port, signal, steps } = context;
    steps.begin(`${nameOf(probe)} of ${originOf(port.target)}`);
    let spec: LooseSchema;
    try {
      // Large, and few scenarios have one.
      const { loadSpec } = await import('./load-spec.ts');
      spec = await loadSpec(probe.source, port, context);
    } catch (error) {
      signal.throwIfAborted();
      const title = `${nameOf(probe)} of ${originOf(port.target)}`;
      return [{ kind: 'failed', probe: title, port: port.target.port, message: describeFailure(error) }];
    }
    const answers: Answer[] = [];
    const { questions, beyond } = operationsOf(spec);
    for (const question of questions) {
      steps.begin(`${question.method} ${originOf(port.target)}${question.path}`);
      answers.push(await ask(question, context));
    }
    if (beyond > 0)
      steps.leaveOut(`${beyond} further ${nameOf(probe)}`, `no more than ${questions.length} are asked`);
    return answers;
  },
};

function nameOf({ source }: ProbeOf<'openapi'>): string {
  return `operations of ${source.kind === 'file' ? source.file.slice(source.file.lastIndexOf('/') + 1) : source.path}`;
}

async function ask(question: HttpQuestion, context: PortContext): Promise<Answer> {
  const { port } = context;
  try {
    const { answer } = await fetchOnce(port.target, question, context);
    return answer;
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    const probe = `${question.method} ${originOf(port.target)}${question.path}`;
    return { kind: 'failed', probe, port: port.target.port, message: error.message };
  }
}
