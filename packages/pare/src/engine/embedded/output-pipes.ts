import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';

/**
 * A named pipe that a container writes to. Its output is a pipe and not one of Node's sockets, because a program that opens
 * `/dev/stdout` gets an error where that is a socket.
 */
export interface OutputPipe {
  readonly reader: Socket;
  /** Closes its writing end, without which it would be at its end before somebody else opens it. */
  closeWriter(): void;
  /** Closes both ends: while one is open the process does not end. */
  close(): void;
}

/** Opens both ends of a named pipe that is in a directory. */
export function openPipe(directory: HostPath, name: string): OutputPipe {
  const path = join(directory, name);
  // Neither call waits: the first because it must not, the second because there is a reader (fifo(7)).
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const reader = new Socket({ fd: descriptor, readable: true, writable: false });
  let open = true;
  const closeWriter = () => {
    if (open) closeSync(writer);
    open = false;
  };
  return {
    reader,
    closeWriter,
    close() {
      closeWriter();
      reader.destroy();
    },
  };
}
