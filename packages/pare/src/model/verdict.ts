import type { Answer } from './observation.ts';

/** One answer of the slim image that is not the fat image's. */
export interface Difference {
  readonly probe: string;
  readonly kind:
    | 'did-not-start'
    | 'status'
    | 'headers'
    | 'body'
    | 'exit-code'
    | 'output'
    /** An exchange in another protocol. */
    | 'exchange'
    /** The scenario's own expectation, which the fat image met. */
    | 'expectation'
    | 'missing-answer'
    | 'unexpected-answer'
    | 'not-listening';
  readonly fat: string;
  readonly slim: string;
}

/** The comparison of the fat image's answers and the slim image's. Versioned JSON. */
export interface Verdict {
  readonly schema: 'pare.verdict/1';
  readonly passed: boolean;
  /** How many answers were compared. */
  readonly compared: number;
  readonly differences: readonly Difference[];
  readonly answers: readonly Answer[];
}
