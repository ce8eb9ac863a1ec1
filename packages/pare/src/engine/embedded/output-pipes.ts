import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { HostPath } from '@pare/oci';
import { mustRun } from './run-program.ts';

/**
 * A named pipe that a container writes to. Its output is a pipe and not one of Node's sockets, because a program that opens
 * `/dev/stdout` gets an error where that is a socket.
 */
export interface OutputPipe {
  readonly reader: Socket;
  /** Descriptor of its writing end, without which it would be at its end before somebody else opens it. */
  readonly writer: number;
  closeWriter(): void;
  /** Closes both ends: while one is open the process does not end. */
  close(): void;
}

/** Makes one pipe a name in a directory, and opens both ends. */
export async function openPipes(
  directory: HostPath,
  names: readonly [string, ...string[]],
  path: string,
): Promise<readonly OutputPipe[]> {
  const pipes = names.map((name) => join(directory, name));
  // Open to all: in the container they are another user's. The directory above is not.
  await mustRun(['mkfifo', '-m', '0666', ...pipes], "making a container's pipes", { path });
  return pipes.map(openPipe);
}

function openPipe(path: string): OutputPipe {
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
    writer,
    closeWriter,
    close() {
      closeWriter();
      reader.destroy();
    },
  };
}
