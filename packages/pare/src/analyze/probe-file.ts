import type { TreeFile } from '@pare/oci';
import type { ImageView, ProbedFile } from './analyzer.ts';
import { baseName, extensionOf } from './image-path.ts';
import { parseShebang } from './interpreters/shebang.ts';

/** Most scripts are smaller, so that this read is the only one. */
const headBytes = 16 * 1024;

/** Content that no analyzer reads, told by its name to save the read; not looked at for files that can be executed. */
const inertExtensions = new Set(
  (
    '.a .avif .bin .bmp .br .bz2 .c .cc .class .conf .cpp .crt .css .csv .dat .db .eot .gif .gir .go .gz .h .hpp .htm .html ' +
    '.ico .inc .ini .jpeg .jpg .json .la .less .list .lock .log .lz4 .map .md .md5sums .mo .mp3 .mp4 .o .otf .pc .pdf .pem .png ' +
    '.po .pot .properties .pyc .pyi .pyo .rst .rs .scss .svg .symbols .tar .tiff .toml .triggers .ttf .txt .typelib .wasm .webp ' +
    '.woff .woff2 .xml .xz .yaml .yml .zip .zst'
  ).split(' '),
);

/** Reads as much of a file as tells what it is: one small range, or nothing where the name says enough. */
export async function probeFile(view: ImageView, file: TreeFile): Promise<ProbedFile> {
  const extension = extensionOf(file.path);
  const inert = file.sizeBytes === 0 || (inertExtensions.has(extension) && (file.mode & 0o111) === 0);
  const head = inert ? new Uint8Array(0) : await view.readRange(file, 0, Math.min(headBytes, file.sizeBytes));
  const shebang = parseShebang(head);
  const program = shebang?.command ?? shebang?.interpreter;
  return {
    file,
    path: file.path,
    head,
    extension,
    interpreter: program === undefined ? undefined : baseName(program),
  };
}

/** The text of a probed file, without a second read where the head is all of it. */
export async function textOf(view: ImageView, { file, head }: ProbedFile): Promise<string> {
  return head.length === file.sizeBytes ? Buffer.from(head).toString('utf8') : view.readText(file);
}
