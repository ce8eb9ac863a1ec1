import { spawn } from 'node:child_process';

/** Runs docker's own client and returns its standard output. Throws with its complaint when it fails. */
export async function docker(
  args: readonly string[],
  input?: AsyncIterable<Uint8Array> | string,
): Promise<string> {
  const child = spawn('docker', args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    // The classic builder needs no plug-in and works without a registry.
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  // A client that refuses its arguments does not read its input.
  child.stdin.on('error', () => {});
  if (typeof input === 'object') for await (const chunk of input) child.stdin.write(chunk);
  child.stdin.end(typeof input === 'string' ? input : undefined);
  const code = await ended;
  if (code !== 0)
    throw new Error(`docker ${args.join(' ')} failed (${code}): ${complaint.trim()}\n${output.slice(-2000)}`);
  return output;
}
