import { OciError } from '@pare/oci';
import { expect, test } from 'vitest';
import { PareError } from '../model/pare-error.ts';
import { exitCodes } from './exit-codes.ts';
import { renderError } from './render-error.ts';

test("a user's mistake shows its message, details and hint, and no stack", () => {
  const rendered = renderError(
    new PareError('no-engine', 'no engine answered', { hint: 'start one', details: ['docker: refused'] }),
  );
  expect(rendered.text).toBe('pare: no engine answered\n  docker: refused\nhint: start one');
  expect(rendered.exitCode).toBe(10);
  expect(rendered.json.error).toEqual({
    code: 'no-engine',
    message: 'no engine answered',
    hint: 'start one',
    details: ['docker: refused'],
  });
});

test('a bug shows its stack and says that it is ours', () => {
  const rendered = renderError(new TypeError('x is undefined'));
  expect(rendered.exitCode).toBe(1);
  expect(rendered.text).toContain('this is a bug in Pare');
  expect(rendered.text).toContain('render-error.test.ts');
});

test('a full disk is recognised below what wrapped it', () => {
  const system = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const rendered = renderError(new Error('cannot write the layer', { cause: system }));
  expect(rendered.json.error.code).toBe('disk-full');
});

test('a full disk is told as one also when an archive could not be written for it', () => {
  const system = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const rendered = renderError(new OciError('too-large', 'the disk is full', { cause: system }));
  expect(rendered.json.error.code).toBe('disk-full');
});

test.each(['EACCES', 'EPERM', 'EROFS'])('what the system keeps from this user is no bug: %s', (code) => {
  const denied = Object.assign(new Error(`${code}: no`), {
    code,
    syscall: 'open',
    path: '/store/index.json',
  });
  const rendered = renderError(denied);
  expect(rendered.exitCode).toBe(2);
  expect(rendered.text).toMatch(
    new RegExp(`^pare: /store/index.json cannot be used: ${code}\\nhint: .*another user`),
  );
});

test('another error of the system is a bug: it should have been foreseen', () => {
  const error = Object.assign(new Error('ENOTDIR: no'), { code: 'ENOTDIR', path: '/store' });
  expect(renderError(error).text).toContain('this is a bug in Pare');
});

test('a hostile archive is the image’s fault, not a bug', () => {
  expect(renderError(new OciError('hostile', 'a/../b: escapes')).json.error.code).toBe('image-invalid');
});

test('every error has an exit code of its own', () => {
  const codes = Object.values(exitCodes);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes).not.toContain(0);
  expect(codes).not.toContain(1);
});
