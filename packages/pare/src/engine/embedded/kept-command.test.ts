import { expect, test } from 'vitest';
import { openKeptCommands } from './kept-command.ts';

function kept() {
  const orders: string[] = [];
  return { orders, commands: openKeptCommands((order) => orders.push(order)) };
}

test('tells each command of its own pipes and exit code, in whatever order they come', async () => {
  const { commands, orders } = kept();
  const one = commands.start('e1');
  const two = commands.start('e2');
  expect(orders).toEqual(['exec e1\n', 'exec e2\n']);
  commands.take('pipes', ['e2']);
  await two.piped.pass();
  commands.take('exit', ['e2', '3']);
  commands.take('pipes', ['e1']);
  commands.take('exit', ['e1', '0']);
  await one.piped.pass();
  expect(await Promise.all([one.exited, two.exited])).toEqual([0, 3]);
});

test('a command is killed while it runs, and not when its name may be of nothing any more', async () => {
  const { commands, orders } = kept();
  const one = commands.start('e1');
  one.kill();
  commands.take('exit', ['e1', '137']);
  one.kill();
  expect(orders).toEqual(['exec e1\n', 'kill e1\n']);
  expect(await one.exited).toBe(137);
});

test('the end of the keeper ends every command, those that come later too', async () => {
  const { commands, orders } = kept();
  const before = commands.start('e1');
  commands.end();
  const after = commands.start('e2');
  for (const command of [before, after]) {
    await expect(command.piped.pass()).rejects.toMatchObject({ code: 'engine-failed' });
    expect(await command.exited).toBe(137);
  }
  expect(orders).toEqual(['exec e1\n']);
});

test('passes over what is of no command', () => {
  const { commands } = kept();
  for (const word of ['pipes', 'exit', 'nonsense', '']) {
    commands.take(word, []);
    commands.take(word, ['e9', 'x']);
  }
});
