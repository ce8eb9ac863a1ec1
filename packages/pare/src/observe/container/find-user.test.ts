import { type Image, type ImagePath, makeImage, treeLayer } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { findUser } from './find-user.ts';

const { signal } = new AbortController();
const passwd = 'app:x:1000:1001::/home/app:/bin/sh';
const unread = async (): Promise<never> => {
  throw new Error('the files were read');
};

function imageOf(user: string | undefined): Image {
  const tree = memoryTree({ '/etc/passwd': passwd });
  const layer = treeLayer(tree, ['/etc/passwd' as ImagePath], `sha256:${'a'.repeat(64)}`);
  const config = user === undefined ? {} : { User: user };
  return makeImage({
    reference: 'test',
    config: {
      architecture: 'amd64',
      os: 'linux',
      config,
      history: [],
      rootfs: { type: 'layers', diff_ids: [] },
    },
    layers: [layer],
  });
}

test('looks for the user of the image in its own files', async () => {
  expect(await findUser(imageOf('app'), {}, signal)).toMatchObject({
    uid: 1000,
    gid: 1001,
    home: '/home/app',
  });
});

test('takes the files as they are known already', async () => {
  const known = async () => ({ passwd: 'app:x:7:8::/:/bin/sh', group: 'other:x:9:app' });
  expect(await findUser(imageOf('app'), {}, signal, known)).toMatchObject({ uid: 7, gid: 8 });
  expect((await findUser(imageOf('app'), { user: 'app' }, signal, known))?.groups).toContain(9);
});

test('reads nothing where nobody is named', async () => {
  expect(await findUser(imageOf(undefined), {}, signal, unread)).toBeUndefined();
  await expect(findUser(imageOf(undefined), { user: '7' }, signal, unread)).rejects.toThrow('were read');
});
