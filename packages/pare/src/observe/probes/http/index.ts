import type { Answer } from '../../../model/observation.ts';
import type { ProbeRunner } from '../probe.ts';
import { originOf } from './http-port.ts';
import { fetchOnce, HttpFailure } from './request.ts';

/** One request. A plain GET that this port answered before is not asked again. */
export const httpProbe: ProbeRunner<'http'> = {
  id: 'http',
  needs: 'http-port',
  title: (probe, port) => `${probe.method} ${originOf(port.target)}${probe.path}`,
  async run(probe, { port, timeoutMs, signal }): Promise<readonly Answer[]> {
    const plain =
      probe.method === 'GET' && probe.body === undefined && Object.keys(probe.headers).length === 0;
    if (plain && port.fetched.has(probe.path)) return [];
    try {
      const fetched = await fetchOnce(port.target, probe, { timeoutMs, signal });
      if (plain) port.fetched.set(probe.path, fetched);
      return [fetched.answer];
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const title = `${probe.method} ${originOf(port.target)}${probe.path}`;
      return [{ kind: 'failed', probe: title, port: port.target.port, message: error.message }];
    }
  },
};
