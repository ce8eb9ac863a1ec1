import type { Answer, ExchangeAnswer } from '../../../model/observation.ts';
import type { GrpcCall } from '../../../model/scenario.ts';
import { describeFailure, withDeadline } from '../deadline.ts';
import type { AddressContext, ProbeOf, ProbeRunner } from '../probe.ts';
import { type GrpcConnection, openGrpc } from './connection.ts';
import type { Descriptors, MethodDescriptor } from './descriptors.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import { describeService, listServices, type Reflection } from './reflection.ts';

/** gRPC by server reflection: the list of services, what each is, and the calls of the scenario. */
export const grpcProbe: ProbeRunner<'grpc'> = {
  id: 'grpc',
  needs: 'address',
  stepwise: true,
  port: (probe) => probe.port,
  title: (probe) => `grpc localhost:${probe.port}`,
  async run(probe, context): Promise<readonly Answer[]> {
    const { port, signal, steps, timeoutMs } = context;
    const answers: Answer[] = [];
    steps.begin(`grpc localhost:${port} services`);
    try {
      const open = (limit: AbortSignal) => openGrpc(context.address, port, probe.tls, limit, signal);
      using connection = await withDeadline(timeoutMs, signal, open);
      const described = await withDeadline(timeoutMs, signal, async (limit) => {
        const reflection = await listServices(connection, limit);
        answers.push(listAnswer(probe, reflection));
        return describeAll(connection, reflection, { probe, answers, signal: limit });
      });
      for (const call of probe.calls) {
        steps.begin(`grpc localhost:${port} ${call.method}`);
        answers.push(await callAnswer(connection, call, described, context));
      }
      leaveOutOthers(probe, described, context);
    } catch (error) {
      signal.throwIfAborted();
      answers.push({
        kind: 'failed',
        probe: `grpc localhost:${port}`,
        port,
        message: describeFailure(error),
      });
    }
    return answers;
  },
};

type Outcome = Pick<ExchangeAnswer, 'outcome' | 'received'> & { readonly unmet?: readonly string[] };

function answerOf(port: number, what: string, started: number, outcome: Outcome): Answer {
  const question = `grpc localhost:${port} ${what}`;
  return {
    kind: 'exchange',
    protocol: 'grpc',
    question,
    port,
    ...outcome,
    elapsedMs: performance.now() - started,
  };
}

function listAnswer({ calls, port }: ProbeOf<'grpc'>, reflection: Reflection): Answer {
  const started = performance.now();
  if (reflection.kind === 'services')
    return answerOf(port, 'services', started, { outcome: 'OK', received: reflection.names });
  const { status, message } = reflection.result;
  const unmet =
    calls.length === 0 ? {} : { unmet: ['the calls need server reflection, which it does not have'] };
  return answerOf(port, 'services', started, {
    outcome: status,
    received: message === '' ? [] : [message],
    ...unmet,
  });
}

/** By the name of the service. */
type Described = ReadonlyMap<
  string,
  { readonly descriptors: Descriptors; readonly methods: readonly MethodDescriptor[] }
>;

interface Describing {
  readonly probe: ProbeOf<'grpc'>;
  readonly answers: Answer[];
  readonly signal: AbortSignal;
}

async function describeAll(
  connection: GrpcConnection,
  reflection: Reflection,
  { answers, probe, signal }: Describing,
): Promise<Described> {
  const described = new Map<string, { descriptors: Descriptors; methods: readonly MethodDescriptor[] }>();
  if (reflection.kind === 'none') return described;
  for (const name of reflection.names) {
    const started = performance.now();
    const descriptors = await describeService(connection, reflection.path, name, signal);
    const methods = descriptors.services.get(name) ?? [];
    described.set(name, { descriptors, methods });
    answers.push(answerOf(probe.port, name, started, { outcome: 'OK', received: methods.map(signature) }));
  }
  return described;
}

function signature({ clientStreaming, input, name, output, serverStreaming }: MethodDescriptor): string {
  const stream = (is: boolean) => (is ? 'stream ' : '');
  return `${name}(${stream(clientStreaming)}${input}) returns (${stream(serverStreaming)}${output})`;
}

/** Methods that no call names. Those of reflection itself were used to learn of the others. */
function leaveOutOthers({ calls }: ProbeOf<'grpc'>, described: Described, context: AddressContext): void {
  const called = new Set(calls.map(({ method }) => method));
  for (const [service, { methods }] of described) {
    if (service.startsWith('grpc.reflection.')) continue;
    for (const method of methods) {
      const name = `${service}/${method.name}`;
      if (called.has(name)) continue;
      const streams = method.clientStreaming ? ', and takes a stream of messages' : '';
      context.steps.leaveOut(`grpc localhost:${context.port} ${name}`, `no call names it${streams}`);
    }
  }
}

async function callAnswer(
  connection: GrpcConnection,
  call: GrpcCall,
  described: Described,
  { port, signal, timeoutMs }: AddressContext,
): Promise<Answer> {
  const started = performance.now();
  const refused = (why: string) =>
    answerOf(port, call.method, started, { outcome: 'not called', received: [why], unmet: [why] });
  const slash = call.method.indexOf('/');
  const service = described.get(call.method.slice(0, slash));
  const method = service?.methods.find(({ name }) => name === call.method.slice(slash + 1));
  if (service === undefined || method === undefined)
    return refused(`the server has no method ${call.method}`);
  if (!method.clientStreaming && call.requests.length !== 1)
    return refused(`${call.method} takes one message, not ${call.requests.length}`);
  let requests: readonly Uint8Array[];
  try {
    requests = call.requests.map((one) => encodeMessage(method.input, one, service.descriptors));
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  try {
    const { message, replies, status } = await withDeadline(timeoutMs, signal, (limit) =>
      connection.call(`/${call.method}`, requests, {
        signal: limit,
        ...(method.serverStreaming ? { maxMessages: call.maxMessages } : {}),
      }),
    );
    const decoded = replies.map((reply) =>
      JSON.stringify(decodeMessage(method.output, reply, service.descriptors)),
    );
    return answerOf(port, call.method, started, {
      outcome: status,
      received: [...decoded, ...(message === '' ? [] : [message])],
    });
  } catch (error) {
    signal.throwIfAborted();
    const probe = `grpc localhost:${port} ${call.method}`;
    return { kind: 'failed', probe, port, message: describeFailure(error) };
  }
}
