import { once } from 'node:events';
import { Agent } from 'node:http';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ApiClient } from './client.ts';
import { CommandSocket } from './command-socket.ts';

/** Reads requests without a body on standard input and answers each with its number. */
const server = `
  let text = '', count = 0;
  process.stdin.setEncoding('utf8').on('data', (data) => {
    text += data;
    for (let end; (end = text.indexOf('\\r\\n\\r\\n')) >= 0; text = text.slice(end + 4)) {
      const body = JSON.stringify({ count: ++count });
      process.stdout.write('HTTP/1.1 200 OK\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body);
    }
  });`;

function clientOf(command: string, args: readonly string[]): { client: ApiClient; agent: Agent } {
  class CommandAgent extends Agent {
    override createConnection() {
      return new CommandSocket(command, args);
    }
  }
  const agent = new CommandAgent({ keepAlive: true });
  return { client: new ApiClient({ agent, options: { host: 'docker' } }), agent };
}

const schema = v.object({ count: v.number() });
const call = { method: 'GET', path: '/', doing: 'asking' } as const;

describe('CommandSocket', () => {
  it('carries one request after the other over one command', async () => {
    const { client, agent } = clientOf(process.execPath, ['-e', server]);
    expect(await client.json(schema, call)).toEqual({ count: 1 });
    expect(await client.json(schema, call)).toEqual({ count: 2 });
    agent.destroy();
  });

  it('makes a call anew when the kept command has ended meanwhile', async () => {
    const once = server.replace('const body', 'if (count === 1) process.exit(0); const body');
    const { client, agent } = clientOf(process.execPath, ['-e', once]);
    for (let round = 0; round < 3; round++) expect(await client.json(schema, call)).toEqual({ count: 1 });
    agent.destroy();
  });

  it("says the command's own complaint", async () => {
    const { client } = clientOf('sh', ['-c', 'echo "Host key verification failed." >&2; exit 255']);
    await expect(client.json(schema, call)).rejects.toMatchObject({
      code: 'engine-failed',
      message: 'asking: sh: Host key verification failed.',
    });
  });

  it('fails when there is no such command', async () => {
    const { client } = clientOf('/nonexistent/ssh', []);
    await expect(client.json(schema, call)).rejects.toMatchObject({
      code: 'engine-failed',
      message: expect.stringContaining('/nonexistent/ssh'),
    });
  });

  it('ends the command when it is destroyed', async () => {
    const socket = new CommandSocket('sh', ['-c', 'echo $$; exec sleep 600']);
    const [data] = await once(socket, 'data');
    const pid = Number(String(data));
    socket.destroy();
    const gone = () => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    };
    await expect.poll(gone, { timeout: 5000 }).toBe(true);
  });
});
