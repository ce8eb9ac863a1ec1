import type { FullTest, SampleTarget } from './full-test.ts';

/** A container of a sample, by whatever runs it. Disposing of it removes it and those that its checks started. */
export interface StartedContainer extends AsyncDisposable {
  readonly target: Omit<SampleTarget, 'baseUrl'>;
  isRunning(): Promise<boolean>;
}

/** Starts a container of an image as a full test wants it; leaves nothing when that fails. */
export type StartContainer = (test: FullTest, image: string) => Promise<StartedContainer>;
