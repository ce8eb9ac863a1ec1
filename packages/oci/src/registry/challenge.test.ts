import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenge } from './challenge.ts';

describe('parseChallenge', () => {
  it('reads what registries send', () => {
    expect(
      parseChallenge(
        'Bearer realm="https://auth.example/token",service="reg.example",scope="repository:a/b:pull,push"',
      ),
    ).toEqual({
      kind: 'bearer',
      realm: 'https://auth.example/token',
      service: 'reg.example',
      scope: 'repository:a/b:pull,push',
    });
    expect(parseChallenge('Basic realm="Registry"')).toEqual({ kind: 'basic' });
    expect(parseChallenge('bearer realm=https://a/t')).toMatchObject({
      kind: 'bearer',
      realm: 'https://a/t',
    });
    expect(parseChallenge('Bearer realm="a\\"b"')).toMatchObject({ realm: 'a"b' });
  });

  it('takes Bearer where both are offered', () => {
    expect(parseChallenge('Basic realm="x", Bearer realm="https://a/t"')).toMatchObject({ kind: 'bearer' });
  });

  it('knows nothing of other schemes, of none, and of a Bearer without a realm', () => {
    for (const header of [undefined, '', 'Negotiate', 'Bearer', 'Bearer service="x"', 'Digest realm="y"'])
      expect(parseChallenge(header)).toBeUndefined();
    expect(parseChallenge(`Bearer realm="${'x'.repeat(10_000)}"`)).toBeUndefined();
  });

  it('ends on any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => {
        parseChallenge(text);
        parseChallenge(`Bearer ${text}`);
      }),
    );
  });
});
