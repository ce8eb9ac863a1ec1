/** Adds argv[4] times to the number in the file at argv[3], in turn with all others that use the directory at argv[2]. */
import { readFile, writeFile } from 'node:fs/promises';
import { takeTurn } from '../sinks/turns.ts';

const [, , directory = '', counter = '', rounds = '1'] = process.argv;
for (let round = 0; round < Number(rounds); round += 1) {
  await using _turn = await takeTurn(directory);
  const before = Number(await readFile(counter, 'utf8'));
  await writeFile(counter, String(before + 1));
}
