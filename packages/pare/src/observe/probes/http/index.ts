import type { Answer } from '../../../model/observation.ts';
import { judgeHttp } from '../expectation.ts';
import type { ProbeOf, ProbeRunner } from '../probe.ts';
import { type HttpPort, originOf } from './http-port.ts';
import { fetchOnce, HttpFailure, loadHttp } from './request.ts';

/** One request. A plain GET that this port answered before is not asked again. */
export const httpProbe: ProbeRunner<'http'> = {
  id: 'http',
  needs: 'http-port',
  prepare: () => void loadHttp(),
  title: (probe, port) => `${probe.method} ${originOf(port.target)}${probe.path}`,
  async run(probe, { port, timeoutMs, signal }): Promise<readonly Answer[]> {
    if (isAnswered(probe, port)) return [];
    try {
      const fetched = await fetchOnce(port.target, probe, { timeoutMs, signal });
      if (isPlain(probe)) port.fetched.set(probe.path, fetched);
      return [judgeHttp(fetched.answer, probe.expect)];
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const title = `${probe.method} ${originOf(port.target)}${probe.path}`;
      return [{ kind: 'failed', probe: title, port: port.target.port, message: error.message }];
    }
  },
};

/** Whether this port gave the answer to this request before, and nothing is expected of it. */
export function isAnswered(probe: ProbeOf<'http'>, port: HttpPort): boolean {
  return isPlain(probe) && probe.expect === undefined && port.fetched.has(probe.path);
}

function isPlain(probe: ProbeOf<'http'>): boolean {
  return probe.method === 'GET' && probe.body === undefined && Object.keys(probe.headers).length === 0;
}
