/** A process's environment, or what stands for it in a test. */
export type Environment = Readonly<Record<string, string | undefined>>;
