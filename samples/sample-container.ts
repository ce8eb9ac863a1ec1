import { setTimeout as pause } from 'node:timers/promises';
import { startByDocker } from './docker-container.ts';
import type { FullTest, SampleTarget } from './full-test.ts';
import type { StartContainer, StartedContainer } from './started-container.ts';

async function untilReady(
  test: FullTest,
  container: StartedContainer,
  target: SampleTarget,
  deadlineMs: number,
): Promise<void> {
  const end = Date.now() + deadlineMs;
  let last = 'it said that it is not ready';
  for (;;) {
    try {
      if (await test.isReady(target)) return;
    } catch (error) {
      last = error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error);
    }
    const running = await container.isRunning();
    if (running && Date.now() < end) {
      await pause(50);
      continue;
    }
    const state = running ? `is not ready after ${deadlineMs} ms (${last})` : 'has exited';
    throw new Error(`the ${test.name} sample ${state}\n${(await target.logs()).slice(-8192)}`);
  }
}

/** A running container of a sample; removed on disposal. */
export class SampleContainer implements AsyncDisposable {
  readonly target: SampleTarget;
  readonly #container: StartedContainer;

  private constructor(container: StartedContainer, target: SampleTarget) {
    this.#container = container;
    this.target = target;
  }

  /**
   * Starts `image` with its own command and waits until the test calls it ready. Throws, with the container's last
   * output, when it exits or is not ready in `deadlineMs`; nothing is left behind then.
   */
  static async start(
    test: FullTest,
    image: string,
    deadlineMs = 60_000,
    startContainer: StartContainer = startByDocker,
  ): Promise<SampleContainer> {
    const container = await startContainer(test, image);
    try {
      const { hostPort, exec, runOnce, restart, signal, logs } = container.target;
      const [first] = test.ports;
      const target: SampleTarget = {
        get baseUrl() {
          return first === undefined ? '' : `http://127.0.0.1:${hostPort(first)}`;
        },
        hostPort,
        exec,
        runOnce,
        async restart() {
          await restart();
          await untilReady(test, container, target, deadlineMs);
        },
        signal,
        logs,
      };
      await untilReady(test, container, target, deadlineMs);
      return new SampleContainer(container, target);
    } catch (error) {
      await container[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container[Symbol.asyncDispose]();
  }
}
