import { expect, test } from 'vitest';
import type { Keeper } from './keeper.ts';
import { openSpareKeepers } from './spare-keepers.ts';

function stock(fails = false) {
  const said: string[] = [];
  let made = 0;
  const spares = openSpareKeepers(async () => {
    const name = ++made;
    if (fails) throw new Error('no more namespaces');
    const keeper: Pick<Keeper, 'prepareProxy' | typeof Symbol.asyncDispose> = {
      prepareProxy: () => void said.push(`proxy ${name}`),
      [Symbol.asyncDispose]: async () => void said.push(`end ${name}`),
    };
    return { ...keeper, pid: name } as Keeper;
  });
  return { said, spares };
}

test('gives each away once, and ends those that nobody took', async () => {
  const { said, spares } = stock();
  spares.prepare(2);
  expect((await spares.take())?.pid).toBe(1);
  await spares[Symbol.asyncDispose]();
  expect(said).toEqual(['end 2']);
  expect(await spares.take()).toBeUndefined();
});

test('starts the proxies of those that are left', async () => {
  const { said, spares } = stock();
  spares.prepare(3);
  await spares.take();
  spares.prepareProxies();
  await spares.take();
  expect(said).toEqual(['proxy 2', 'proxy 3']);
});

test('is without one where it cannot be made', async () => {
  const { spares } = stock(true);
  spares.prepare(1);
  spares.prepareProxies();
  expect(await spares.take()).toBeUndefined();
  spares.prepare(1);
  await spares[Symbol.asyncDispose]();
});
