/**
 * Adds a small image to the layout at argv[2] under the name `new`, and dies by SIGKILL before its call of number argv[3] that changes the file
 * system, or where that is `index` before index.json gets its name. Exits with 0 when there was no such call.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { hostPath } from '../model/path.ts';

const [, , directory = '', moment = '0'] = process.argv;
let calls = 0;

type Call = (...args: unknown[]) => unknown;
const patched = fs as unknown as Record<string, Call>;
const changing = ['open', 'mkdir', 'rename', 'link', 'rm', 'unlink', 'rmdir', 'writeFile'];
for (const name of changing) {
  const original = patched[name];
  if (original === undefined) throw new Error(`there is no ${name}`);
  patched[name] = (...args) => {
    calls += 1;
    const naming = name === 'rename' && String(args[1]).endsWith('/index.json');
    if (moment === 'index' ? naming : calls === Number(moment)) process.kill(process.pid, 'SIGKILL');
    return original.apply(fs, args);
  };
}
syncBuiltinESMExports();

// Imported now: they bind what was put in place above.
const { writeOciLayout } = await import('../sinks/oci-layout.ts');
const { imageOf, layerOf } = await import('./memory-layer.ts');

const image = imageOf(
  await layerOf({ '/shared': { kind: 'file', content: 'in both' } }),
  await layerOf({ '/new': { kind: 'file', content: 'new' } }),
);
await writeOciLayout(image, hostPath(directory), 'new');
