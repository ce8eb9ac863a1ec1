import { expect, it } from 'vitest';
import { planPublished } from './publish.ts';

it('reads ports, ranges and addresses as docker run -p', () => {
  expect(planPublished(['80', '127.0.0.1:8000-8010:81'])).toEqual([
    { containerPort: 80, address: '', first: 0, last: 0 },
    { containerPort: 81, address: '127.0.0.1', first: 8000, last: 8010 },
  ]);
});

it('refuses UDP, which no unix socket carries', () => {
  expect(() => planPublished(['53:53/udp'])).toThrowError(expect.objectContaining({ code: 'usage' }));
});
