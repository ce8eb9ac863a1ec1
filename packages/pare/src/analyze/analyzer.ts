import type { FileTree, ImageConfig, ImagePath, TreeFile } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { Package } from '../model/package.ts';

/** What an analyzer sees of an image: its files and its config, nothing of the host. */
export interface ImageView {
  readonly tree: FileTree;
  readonly config: ImageConfig;
  /** The image's environment; a name set twice takes the last. */
  readonly environment: ReadonlyMap<string, string>;
  /** Directories of the image's PATH, in order. */
  readonly searchPath: readonly ImagePath[];
  /** The regular file that a path leads to once links are followed. */
  fileAt(path: ImagePath): TreeFile | undefined;
  /** Reads at most `lengthBytes` from `start`; shorter at the end of the file. */
  readRange(file: TreeFile, start: number, lengthBytes: number): Promise<Uint8Array>;
  /** Reads a file as UTF-8 text (invalid bytes become U+FFFD). Throws MalformedFile `too-large` above 8 MiB. */
  readText(file: TreeFile): Promise<string>;
}

/** The packages that one cataloger found, and what it could not read. */
export interface Catalog {
  readonly packages: readonly Package[];
  readonly unknowns: readonly Fact[];
}

/** One file with its first bytes, so that analyzers can tell whether it is theirs. */
export interface ProbedFile {
  readonly file: TreeFile;
  readonly path: ImagePath;
  /** At most the first 16 KiB; empty where the name alone said that no analyzer wants the content. */
  readonly head: Uint8Array;
  /** Extension in lower case with its dot; empty without one. */
  readonly extension: string;
  /** Base name of the shebang's interpreter (`python3`), also behind `env`. */
  readonly interpreter: string | undefined;
}

export type FileFacts = (file: ProbedFile) => Promise<readonly Fact[]>;

interface FileAnalyzer {
  claims(file: ProbedFile): boolean;
  /** Called once for an analysis, when the first file is claimed: reads what all files need (search paths). */
  prepare(view: ImageView): Promise<FileFacts>;
}

/** One folder of `analyze/`: finds packages, facts of single files, or both. */
export interface Analyzer {
  readonly id: string;
  readonly catalog?: (view: ImageView) => Promise<Catalog>;
  readonly files?: FileAnalyzer;
}
