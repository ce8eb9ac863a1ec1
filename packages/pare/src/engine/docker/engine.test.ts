import { hostPath } from '@pare/oci';
import { type FakeRoutes, fakeDockerDaemon, plainSpec, sendJson } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import { connectDocker } from './connect.ts';
import { createGate } from './gate.ts';

const id = 'a'.repeat(64);
const spec = { ...plainSpec, image: 'image', disableHealthcheck: false };

const created: FakeRoutes = {
  'POST /containers/create': (_, response) => sendJson(response, 201, { Id: id }),
  'POST /containers/*/start': (_, response) => response.writeHead(204).end(),
  'POST /containers/*/wait': (_, response) => sendJson(response, 200, { StatusCode: 3 }),
  'DELETE /containers/*': (_, response) => response.writeHead(204).end(),
};

async function open(routes: FakeRoutes) {
  const daemon = await fakeDockerDaemon(routes);
  const engine = await connectDocker({
    host: `unix://${daemon.socket}`,
    runId: 'run.1',
    cacheDirectory: hostPath('/nonexistent'),
    temporaryDirectory: hostPath('/nonexistent'),
  });
  return {
    engine,
    /** Requests after the handshake, without version and query. */
    requests: () =>
      daemon.requests.slice(3).map((request) => request.replace('/v1.41', '').replace(/\?.*/, '')),
    queries: () => daemon.requests,
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]();
      await daemon[Symbol.asyncDispose]();
    },
  };
}

describe('DockerEngine', () => {
  it('waits only once the container was started, so that a quick end is not missed', async () => {
    await using test = await open(created);
    const container = await test.engine.createContainer(spec);
    const ended = container.wait();
    await container.start();
    expect(await ended).toBe(3);
    expect(test.requests()).toEqual([
      'POST /containers/create',
      `POST /containers/${id}/start`,
      `POST /containers/${id}/wait`,
    ]);
  });

  it('removes what is left with its anonymous volumes when it is disposed of, once', async () => {
    await using test = await open(created);
    const first = await test.engine.createContainer(spec);
    await test.engine.createContainer(spec);
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await test.engine[Symbol.asyncDispose]();
    const removals = test.queries().filter((request) => request.startsWith('DELETE'));
    expect(removals).toEqual(Array(2).fill(`DELETE /v1.41/containers/${id}?force=true&v=true`));
  });

  it('turns those away who wait for a container that is never started', async () => {
    await using test = await open(created);
    const container = await test.engine.createContainer(spec);
    const turnedAway = { code: 'engine-failed', message: expect.stringContaining('before it was started') };
    const waiting = expect(container.wait()).rejects.toMatchObject(turnedAway);
    const reading = expect(container.logs()[Symbol.asyncIterator]().next()).rejects.toMatchObject(turnedAway);
    await container[Symbol.asyncDispose]();
    await Promise.all([waiting, reading]);
  });

  it('lets an abort end the wait for a start', async () => {
    await using test = await open(created);
    const container = await test.engine.createContainer(spec);
    const controller = new AbortController();
    const waiting = container.wait(controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('blames the container for a program that cannot be started, and the engine for the rest', async () => {
    const failing = (exitCode: number) =>
      open({
        ...created,
        'POST /containers/*/start': (_, response) => sendJson(response, 400, { message: 'no such file' }),
        'GET /containers/*/json': (_, response) =>
          sendJson(response, 200, {
            State: { Status: 'created', Running: false, ExitCode: exitCode, Error: 'no such file', Pid: 0 },
          }),
      });
    await using missing = await failing(127);
    const container = await missing.engine.createContainer(spec);
    const waiting = expect(container.wait()).rejects.toMatchObject({ code: 'container-exited' });
    await expect(container.start()).rejects.toMatchObject({ code: 'container-exited' });
    await waiting;
    expect(await container.state()).toEqual({
      running: false,
      exitCode: 127,
      error: 'no such file',
      hostPid: undefined,
    });
    await using broken = await failing(0);
    const other = await broken.engine.createContainer(spec);
    await expect(other.start()).rejects.toMatchObject({ code: 'engine-failed', status: 400 });
  });

  it('understands Podman, which says in words what Docker says by state and status', async () => {
    let said = '';
    await using test = await open({
      ...created,
      'POST /containers/*/start': (_, response) => sendJson(response, 500, { message: said }),
      'POST /containers/*/kill': (_, response) => sendJson(response, 500, { message: said }),
      'GET /containers/*/json': (_, response) =>
        sendJson(response, 200, {
          Id: id,
          State: { Status: 'created', Running: false, ExitCode: 0, Error: '' },
        }),
    });
    const container = await test.engine.createContainer(spec);
    said =
      'runc: exec: "none": executable file not found in $PATH: OCI runtime attempted to invoke a command';
    await expect(container.start()).rejects.toMatchObject({
      code: 'container-exited',
      message: expect.stringContaining('executable file not found'),
    });
    said = 'runc: error setting rlimits for ready process: OCI runtime error';
    await expect(container.start()).rejects.toMatchObject({ code: 'engine-failed' });
    said = 'can only kill running containers. aaaa is in state exited: container state improper';
    await container.kill('KILL');
    said = 'no such signal';
    await expect(container.kill('NONE')).rejects.toMatchObject({ code: 'engine-failed' });
  });

  it('lets a create that was aborted come to its end, and removes what it made', async () => {
    const asked = createGate();
    const proceed = createGate();
    await using test = await open({
      ...created,
      'POST /containers/create': async (_, response) => {
        asked.open();
        await proceed.pass();
        sendJson(response, 201, { Id: id });
      },
    });
    const controller = new AbortController();
    const creating = test.engine.createContainer(spec, controller.signal);
    await asked.pass();
    const reason = new Error('enough');
    controller.abort(reason);
    proceed.open();
    await expect(creating).rejects.toBe(reason);
    expect(test.requests()).toEqual(['POST /containers/create', `DELETE /containers/${id}`]);
  });

  it('removes by name what was made although its answer was lost', async () => {
    let made = 0;
    await using test = await open({
      ...created,
      'POST /containers/create': (_, response) => response.destroy(),
      // It appears only after the first look.
      'GET /containers/*/json': (_, response) => sendJson(response, made++ === 0 ? 404 : 200, {}),
    });
    await expect(test.engine.createContainer(spec)).rejects.toMatchObject({ code: 'engine-failed' });
    const removals = test.queries().filter((request) => request.startsWith('DELETE'));
    expect(removals).toEqual([
      expect.stringMatching(/^DELETE \/v1.41\/containers\/pare-run\.1-[0-9a-f]{6}-1\?/),
    ]);
  });

  it('makes a named volume that is missing with the label, and removes it with the container', async () => {
    let body = '';
    await using test = await open({
      ...created,
      'GET /volumes/there': (_, response) => sendJson(response, 200, { Name: 'there' }),
      'POST /volumes/create': async (request, response) => {
        for await (const chunk of request) body += chunk;
        sendJson(response, 201, { Name: 'mine' });
      },
      'DELETE /volumes/mine': (_, response) => response.writeHead(204).end(),
    });
    const run = { ...spec.run, volumes: ['mine:/a', 'there:/b'] };
    await (await test.engine.createContainer({ ...spec, run }))[Symbol.asyncDispose]();
    expect(JSON.parse(body)).toEqual({ Name: 'mine', DriverOpts: {}, Labels: { 'dev.pare.run': 'run.1' } });
    expect(test.requests()).toEqual([
      'GET /volumes/mine',
      'POST /volumes/create',
      'GET /volumes/there',
      'POST /containers/create',
      `DELETE /containers/${id}`,
      'DELETE /volumes/mine',
    ]);
  });

  it('removes the volume again when the container is refused', async () => {
    await using test = await open({
      ...created,
      'POST /volumes/create': (_, response) => sendJson(response, 201, { Name: 'mine' }),
      'POST /containers/create': (_, response) =>
        sendJson(response, 404, { message: 'No such image: image' }),
      'DELETE /volumes/mine': (_, response) => response.writeHead(204).end(),
    });
    const run = { ...spec.run, volumes: ['mine:/a'] };
    await expect(test.engine.createContainer({ ...spec, run })).rejects.toMatchObject({
      code: 'image-not-found',
    });
    expect(test.requests().at(-1)).toBe('DELETE /volumes/mine');
  });

  it('waits for a removal that somebody else began', async () => {
    await using test = await open({
      ...created,
      'DELETE /containers/*': (_, response) => sendJson(response, 409, { message: 'removal is in progress' }),
      'POST /containers/*/wait': (_, response) => sendJson(response, 404, { message: 'No such container' }),
    });
    await (await test.engine.createContainer(spec))[Symbol.asyncDispose]();
    expect(test.queries().at(-1)).toBe(`POST /v1.41/containers/${id}/wait?condition=removed`);
  });

  it('tells when what it made could not be removed, and tries again when asked again', async () => {
    let refuse = true;
    await using test = await open({
      ...created,
      'DELETE /containers/*': (_, response) =>
        sendJson(response, refuse ? 403 : 204, { message: 'not allowed' }),
    });
    await test.engine.createContainer(spec);
    await expect(test.engine[Symbol.asyncDispose]()).rejects.toMatchObject({
      code: 'engine-failed',
      details: [expect.stringContaining('not allowed')],
    });
    refuse = false;
  });

  it('gives the exit code of a command once the engine knows it, and cuts its output', async () => {
    let asked = 0;
    await using test = await open({
      ...created,
      'POST /containers/*/exec': (_, response) => sendJson(response, 201, { Id: 'b'.repeat(64) }),
      'POST /exec/*/start': (_, response) =>
        response.end(Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 5]), Buffer.from('hello')])),
      'GET /exec/*/json': (_, response) =>
        sendJson(
          response,
          200,
          asked++ === 0 ? { Running: true, ExitCode: null } : { Running: false, ExitCode: 4 },
        ),
    });
    const container = await test.engine.createContainer(spec);
    const result = await container.exec(['x'], { limitBytes: 2 });
    expect({ ...result, stdout: String(result.stdout) }).toMatchObject({ exitCode: 4, stdout: 'he' });
  });

  it('ends the output of a container that has ended, also where the engine follows it for ever', async () => {
    await using test = await open({
      ...created,
      'GET /containers/*/logs': (request, response) => {
        const frame = (text: string) =>
          Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
        if (!request.url?.includes('follow=true')) response.end(frame('begun, ended'));
        else response.write(frame('begun, '));
      },
    });
    const container = await test.engine.createContainer(spec);
    await container.start();
    let text = '';
    for await (const { data } of container.logs()) text += Buffer.from(data);
    expect(text).toBe('begun, ended');
  });

  it('gives the last output that the engine left out when it stopped following', async () => {
    const frame = (text: string) =>
      Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
    await using test = await open({
      ...created,
      'GET /containers/*/logs': (request, response) => {
        const follows = request.url?.includes('follow=true');
        response.end(follows ? frame('one ') : Buffer.concat([frame('one t'), frame('wo')]));
      },
    });
    const container = await test.engine.createContainer(spec);
    await container.start();
    let text = '';
    for await (const { data } of container.logs()) text += Buffer.from(data);
    expect(text).toBe('one two');
  });

  it('takes the removal of a container for the end of its output', async () => {
    await using test = await open({
      ...created,
      'GET /containers/*/logs': (request, response) =>
        request.url?.includes('follow=true')
          ? response.end()
          : sendJson(response, 409, { message: 'can not get logs from container which is dead' }),
    });
    const container = await test.engine.createContainer(spec);
    await container.start();
    expect(await container.logs()[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
  });

  it('takes only what carries the label for its own', async () => {
    const label = { 'dev.pare.run': 'run.0' };
    await using test = await open({
      'GET /containers/json': (_, response) =>
        sendJson(response, 200, [{ Id: 'c1', Labels: label }, { Id: 'c2' }]),
      'GET /volumes': (_, response) =>
        sendJson(response, 200, { Volumes: [{ Name: 'v1', Labels: label }], Warnings: null }),
      'GET /networks': (_, response) => sendJson(response, 200, [{ Id: 'n1', Labels: null }]),
      'DELETE /containers/c1': (_, response) => sendJson(response, 403, { message: 'not allowed' }),
      'DELETE /volumes/v1': (_, response) => response.writeHead(204).end(),
    });
    const owned = await test.engine.listOwned();
    expect(owned).toEqual({
      containers: [{ id: 'c1', run: 'run.0' }],
      volumes: [{ id: 'v1', run: 'run.0' }],
      networks: [],
    });
    await expect(test.engine.removeOwned(owned)).rejects.toMatchObject({ code: 'engine-failed' });
    // One that could not be removed does not keep the others.
    expect(test.requests().at(-1)).toBe('DELETE /volumes/v1');
  });

  it('leaves an image alone that got a tag', async () => {
    await using test = await open({
      'GET /images/*/json': (_, response) =>
        sendJson(response, 200, { Id: `sha256:${id}`, RepoTags: ['a:b'] }),
    });
    await test.engine.removeUntaggedImage(`sha256:${id}`);
    expect(test.requests()).toHaveLength(1);
  });
});
