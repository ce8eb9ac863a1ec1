import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HostAddress } from './http/http-port.ts';

/** Begins to connect, in TLS when asked for. Certificates are not checked: they are the application's own. */
export function beginConnection(
  address: HostAddress,
  tls: boolean,
  protocols: readonly string[] = [],
): Socket {
  if (!tls) return connect(address);
  return connectTls({
    ...address,
    rejectUnauthorized: false,
    servername: 'localhost',
    ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
  });
}

/** Connects. The socket is destroyed when `signal` is aborted. Rejects with the socket's error, or the signal's reason. */
export function openSocket(address: HostAddress, tls: boolean, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = beginConnection(address, tls);
    const abort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', abort));
    // It stays: an error that comes later must not end the process.
    socket.on('error', reject);
    socket.once(tls ? 'secureConnect' : 'connect', () => resolve(socket));
  });
}
