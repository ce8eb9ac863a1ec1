import type { RunConfig } from '@pare/oci';

export type Healthcheck = NonNullable<RunConfig['Healthcheck']>;

/** One step of an image's history, as far as it can be told. */
export type Instruction =
  | {
      readonly kind: 'run';
      /** The shell that ran it; undefined for the exec form. */
      readonly shell: readonly string[] | undefined;
      readonly command: string;
      /** Build arguments as recorded, `NAME=value …`; empty without any. */
      readonly buildArguments: string;
    }
  | { readonly kind: 'copy'; readonly keyword: 'COPY' | 'ADD'; readonly operands: string }
  | {
      readonly kind: 'argv';
      readonly keyword: 'CMD' | 'ENTRYPOINT' | 'SHELL';
      readonly argv: readonly string[];
    }
  | {
      readonly kind: 'pairs';
      readonly keyword: 'ENV' | 'LABEL';
      readonly pairs: readonly (readonly [string, string])[];
    }
  | { readonly kind: 'expose'; readonly ports: readonly string[] }
  | { readonly kind: 'volume'; readonly paths: readonly string[] }
  | {
      readonly kind: 'word';
      readonly keyword: 'USER' | 'WORKDIR' | 'STOPSIGNAL' | 'MAINTAINER' | 'ARG' | 'ONBUILD';
      readonly word: string;
    }
  | { readonly kind: 'healthcheck'; readonly healthcheck: Healthcheck }
  /** Not made by a Dockerfile instruction that can be told. */
  | { readonly kind: 'unknown'; readonly text: string };
