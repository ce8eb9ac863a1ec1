import { spawn } from 'node:child_process';
import { objectOf, parseJson, stringOf } from '../formats/json-shape.ts';
import { OciError } from '../model/oci-error.ts';
import type { Credential } from './credential.ts';

const DEADLINE_MS = 30_000;
const OUTPUT_LIMIT_BYTES = 1024 * 1024;
/** User name that says that the secret is an identity token (docker-credential-helpers). */
const TOKEN_USERNAME = '<token>';

/**
 * Asks `docker-credential-NAME get` for a registry's credential (the protocol of docker-credential-helpers: the server's
 * name on stdin, JSON on stdout). Undefined when it has none. Throws OciError `denied` when it cannot be run or fails.
 */
export async function askCredentialHelper(
  name: string,
  server: string,
  signal: AbortSignal | undefined,
): Promise<Credential | undefined> {
  // A name is a part of a file's name, never a path.
  if (!/^[\w.-]+$/.test(name)) throw new OciError('denied', `no credential helper can be called ${name}`);
  const program = `docker-credential-${name}`;
  const { code, stdout, stderr } = await runHelper(program, server, signal);
  if (code !== 0) {
    if (/not found|no credentials/i.test(stdout + stderr)) return undefined;
    throw new OciError(
      'denied',
      `${program} failed for ${server}: ${(stdout || stderr).trim().slice(0, 300)}`,
    );
  }
  const answer = objectOf(
    parseJson(Buffer.from(stdout), `the answer of ${program}`),
    `the answer of ${program}`,
  );
  const username = stringOf(answer.Username, 'Username');
  const secret = stringOf(answer.Secret, 'Secret');
  if (secret === '') return undefined;
  if (username === TOKEN_USERNAME) return { kind: 'identity-token', token: secret };
  return { kind: 'password', username, password: secret };
}

function runHelper(
  program: string,
  input: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const joined = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'pipe'], signal: joined });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        if (output[stream].length < OUTPUT_LIMIT_BYTES) output[stream] += text;
      });
    }
    child.once('error', (cause) => {
      if (signal?.aborted === true) reject(signal.reason);
      else reject(new OciError('denied', `cannot run the credential helper ${program}`, { cause }));
    });
    child.once('close', (code) => resolve({ code, ...output }));
    // A helper that ends without reading is told about by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
