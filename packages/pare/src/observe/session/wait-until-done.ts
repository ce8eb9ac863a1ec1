import { setTimeout as delay } from 'node:timers/promises';
import type { RunningContainer } from '../container/running-container.ts';
import type { Session } from './session-model.ts';

/** Once the probes are done: waits for what the scenario says ends the observation, or for the application's own end. */
export async function waitUntilDone(session: Session, running: RunningContainer): Promise<void> {
  const { scenario, signal, stage, waitForContinue } = session;
  const finished = new AbortController();
  const waiting = AbortSignal.any([signal, finished.signal]);
  const until = waitOf();
  try {
    await Promise.race([until, running.ended]);
  } finally {
    finished.abort();
    until.catch(() => undefined);
  }

  async function waitOf(): Promise<unknown> {
    switch (scenario.continueAfter) {
      case 'probe':
      case 'exec':
        return;
      case 'enter':
      case 'signal':
        stage.update('waiting for you');
        return waitForContinue?.(waiting);
      case 'timeout':
        stage.update(`observing for ${scenario.observeMs / 1000} s`);
        return delay(scenario.observeMs, undefined, { signal: waiting });
      case 'app-exit':
        stage.update('waiting for the application to end');
        return running.ended;
    }
  }
}
