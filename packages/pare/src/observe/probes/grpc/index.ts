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
  port: (probe) => probe.port,
  title: (probe) => `grpc localhost:${probe.port}`,
  async run(probe, context): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    try {
      await withDeadline(context.timeoutMs, context.signal, async (signal) => {
        using connection = await openGrpc(context.address, context.port, probe.tls, signal);
        const reflection = await listServices(connection);
        answers.push(listAnswer(probe, reflection));
        const described = await describeAll(connection, reflection, probe, answers);
        for (const call of probe.calls) answers.push(await callAnswer(connection, call, described, context));
      });
    } catch (error) {
      context.signal.throwIfAborted();
      const message = describeFailure(error);
      answers.push({ kind: 'failed', probe: `grpc localhost:${context.port}`, port: context.port, message });
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

async function describeAll(
  connection: GrpcConnection,
  reflection: Reflection,
  probe: ProbeOf<'grpc'>,
  answers: Answer[],
): Promise<Described> {
  const described = new Map<string, { descriptors: Descriptors; methods: readonly MethodDescriptor[] }>();
  if (reflection.kind === 'none') return described;
  for (const name of reflection.names) {
    const started = performance.now();
    const descriptors = await describeService(connection, reflection.path, name);
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

async function callAnswer(
  connection: GrpcConnection,
  call: GrpcCall,
  described: Described,
  { port }: AddressContext,
): Promise<Answer> {
  const started = performance.now();
  const refused = (why: string) =>
    answerOf(port, call.method, started, { outcome: 'not called', received: [why], unmet: [why] });
  const slash = call.method.indexOf('/');
  const service = described.get(call.method.slice(0, slash));
  const method = service?.methods.find(({ name }) => name === call.method.slice(slash + 1));
  if (service === undefined || method === undefined)
    return refused(`the server has no method ${call.method}`);
  let request: Uint8Array;
  try {
    request = encodeMessage(method.input, call.request, service.descriptors);
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  const { message, replies, status } = await connection.call(`/${call.method}`, [request]);
  const decoded = replies.map((reply) =>
    JSON.stringify(decodeMessage(method.output, reply, service.descriptors)),
  );
  return answerOf(port, call.method, started, {
    outcome: status,
    received: [...decoded, ...(message === '' ? [] : [message])],
  });
}
