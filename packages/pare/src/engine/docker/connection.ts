import { Agent, type RequestOptions } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { CommandSocket } from './command-socket.ts';
import type { Endpoint } from './endpoint.ts';

/** What `http.request` needs to reach an endpoint. */
export interface Connection {
  readonly agent: Agent;
  readonly options: Pick<RequestOptions, 'protocol' | 'host' | 'port' | 'socketPath'>;
}

/** Prepares connections to an endpoint; none is made yet. `agent.destroy()` closes all there are. */
export function openConnection(endpoint: Endpoint): Connection {
  switch (endpoint.kind) {
    case 'unix':
      // A new connection to a local socket costs less than the care that a reused one needs.
      return { agent: new Agent(), options: { socketPath: endpoint.path } };
    case 'tcp':
      return { agent: new Agent(), options: { host: endpoint.hostname, port: endpoint.port } };
    case 'tls': {
      const { verify, ...pems } = endpoint.tls;
      return {
        agent: new TlsAgent({ keepAlive: true, rejectUnauthorized: verify, ...pems }),
        options: { protocol: 'https:', host: endpoint.hostname, port: endpoint.port },
      };
    }
    case 'ssh':
      // The host is only for the Host header, as docker's own client sets it.
      return { agent: commandAgent('ssh', sshArguments(endpoint)), options: { host: 'docker' } };
  }
}

/** Arguments of ssh(1) for a connection to the engine behind `endpoint`, without a terminal. */
export function sshArguments(endpoint: Extract<Endpoint, { kind: 'ssh' }>): readonly string[] {
  return [
    '-o',
    'ConnectTimeout=30',
    // Nobody is there to type a password into a pipe.
    '-o',
    'BatchMode=yes',
    '-T',
    ...(endpoint.user === undefined ? [] : ['-l', endpoint.user]),
    ...(endpoint.port === undefined ? [] : ['-p', String(endpoint.port)]),
    '--',
    endpoint.hostname,
    'docker',
    ...(endpoint.socket === undefined ? [] : ['--host', `unix://${shellQuoted(endpoint.socket)}`]),
    'system',
    'dial-stdio',
  ];
}

/** ssh hands its words to the shell of the other side. */
function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** An agent whose connections are commands. Starting ssh is slow, so they are kept for the next request. */
function commandAgent(command: string, args: readonly string[]): Agent {
  return Object.assign(new Agent({ keepAlive: true }), {
    createConnection: (): Duplex => new CommandSocket(command, args),
  });
}
