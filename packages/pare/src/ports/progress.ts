/** Where a long-running stage tells what it is doing. The CLI renders it; libraries may ignore it. */
export interface Progress {
  /** A stage begins; `done` or `failed` ends it. Stages may overlap. */
  stage(title: string): Stage;
  /** Something worth a line of its own. */
  note(message: string): void;
  /** Something that the user should act on. */
  warn(message: string): void;
}

export interface Stage {
  /** What it is at now: replaces the last detail. */
  update(detail: string): void;
  done(summary?: string): void;
  failed(summary?: string): void;
}
