import { expect, it } from 'vitest';
import { askCredentialHelper } from './credential-helper.ts';

it.each(['../helper', '/bin/helper', 'a b', ''])(
  'is never a path or anything but a part of a name: %j',
  async (name) => {
    await expect(askCredentialHelper(name, 'registry.example', undefined)).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('can be called'),
    });
  },
);
