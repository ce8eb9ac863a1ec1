import type { RunConfig } from '@pare/oci';
import { plainRun } from '@pare/testkit';
import { expect, test } from 'vitest';
import type { RunOptions } from '../../model/scenario.ts';
import { planPorts } from './ports.ts';

function plan(config: RunConfig, options: Partial<RunOptions> = {}, ports: readonly number[] = []) {
  return planPorts(config, { ports, run: { ...plainRun, ...options } });
}

test('takes the TCP ports that the image exposes, in order', () => {
  const config = { ExposedPorts: { '9000': {}, '443/tcp': {}, '53/udp': {}, '80/TCP': {} } };
  expect(plan(config)).toEqual({ ports: [80, 443, 9000], required: false });
});

test('adds what the run options expose and publish', () => {
  const options = {
    expose: ['3000', '53/udp'],
    publish: ['8080:80', '127.0.0.1::81/tcp', '[::1]:90:91', '7000-7001:6000-6001'],
  };
  expect(plan({}, options).ports).toEqual([80, 81, 91, 3000, 6000, 6001]);
});

test('keeps the order of the ports that the scenario names, and requires them', () => {
  expect(plan({ ExposedPorts: { '80/tcp': {} } }, {}, [9090, 8080, 9090])).toEqual({
    ports: [9090, 8080],
    required: true,
  });
});

test.each(['0', '65536', 'http', '80/sctpx', '9-3', ''])('refuses %j as a port', (spec) => {
  expect(() => plan({}, { expose: [spec] })).toThrow(expect.objectContaining({ code: 'usage' }));
});
