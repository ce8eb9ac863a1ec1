import http from 'node:http';

/** What goes wrong with one request. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The answer's body ends after so many bytes: with a reset, or as if that were all. */
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly how: 'reset' | 'end' }
  /** One byte of the answer is another. */
  | { readonly kind: 'corrupt' }
  /** The connection is reset when so much of the request's body has come. */
  | { readonly kind: 'reset-request'; readonly afterBytes: number }
  /** Something else altogether. */
  | { readonly kind: 'answer'; readonly answer: (response: http.ServerResponse) => void };

export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  /** `METHOD path` of every request, in order. */
  readonly requests: readonly string[];
  readonly headers: readonly http.IncomingHttpHeaders[];
  /** Asked for each request; undefined: it is passed on. */
  rule: (request: http.IncomingMessage, nth: number) => Fault | undefined;
}

/** A proxy in front of a registry that makes faults. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const requests: string[] = [];
  const headers: http.IncomingHttpHeaders[] = [];
  const server = http.createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    const nth = requests.filter((one) => one === line).length;
    requests.push(line);
    headers.push(request.headers);
    const fault = proxy.rule(request, nth);
    if (fault?.kind === 'status') {
      request.resume();
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(JSON.stringify({ errors: [{ code: 'FAULT', message: 'injected' }] }));
    } else if (fault?.kind === 'answer') {
      request.resume();
      fault.answer(response);
    } else pass(target, request, response, fault);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy: FaultProxy = {
    host: `127.0.0.1:${address.port}`,
    requests,
    headers,
    rule: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function pass(
  target: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  fault: Exclude<Fault, { kind: 'status' | 'answer' }> | undefined,
): void {
  const [hostname, port] = target.split(':');
  const onward = http.request(
    {
      hostname,
      port,
      method: request.method,
      path: request.url,
      headers: request.headers,
    },
    (answer) => relay(answer, response, fault),
  );
  onward.on('error', () => response.destroy());
  let sent = 0;
  request.on('data', (chunk: Buffer) => {
    sent += chunk.length;
    if (fault?.kind === 'reset-request' && sent > fault.afterBytes) {
      // What came until then is the registry's, as when a cable is pulled.
      onward.destroy();
      request.socket.resetAndDestroy();
      return;
    }
    if (!onward.write(chunk)) {
      request.pause();
      onward.once('drain', () => request.resume());
    }
  });
  request.on('end', () => onward.end());
}

function relay(
  answer: http.IncomingMessage,
  response: http.ServerResponse,
  fault: Exclude<Fault, { kind: 'status' | 'answer' }> | undefined,
): void {
  const { 'content-length': length, ...others } = answer.headers;
  const ended = fault?.kind === 'cut' && fault.how === 'end';
  response.writeHead(answer.statusCode ?? 502, {
    ...others,
    ...(ended || length === undefined ? {} : { 'content-length': length }),
  });
  let got = 0;
  answer.on('data', (chunk: Buffer) => {
    if (fault?.kind === 'cut' && got + chunk.length > fault.afterBytes) {
      const last = chunk.subarray(0, Math.max(0, fault.afterBytes - got));
      answer.destroy();
      if (fault.how === 'end') response.end(last);
      else response.write(last, () => response.socket?.resetAndDestroy());
      return;
    }
    if (fault?.kind === 'corrupt' && got === 0) chunk[0] = (chunk[0] ?? 0) ^ 0xff;
    got += chunk.length;
    if (!response.write(chunk)) {
      answer.pause();
      response.once('drain', () => answer.resume());
    }
  });
  answer.on('end', () => response.end());
}
