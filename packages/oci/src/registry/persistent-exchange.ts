import { OciError } from '../model/oci-error.ts';
import type { HttpAnswer, HttpCall, HttpTransport } from './http-exchange.ts';
import {
  ATTEMPTS,
  backOffMs,
  isTransientError,
  isTransientStatus,
  LONGEST_RETRY_AFTER_MS,
  type RetryClock,
  retryAfterMs,
} from './retry.ts';

/** What a registry says about an error is a few lines. */
const ERROR_LIMIT_BYTES = 64 * 1024;

export interface PersistentCall extends HttpCall {
  /** For errors: `fetching the manifest of host/name:tag`. */
  readonly doing: string;
  /** How often it is sent at most; 1 for what must not be repeated. */
  readonly attempts?: number | undefined;
}

/**
 * Sends a request until it gets an answer that waiting does not better, with back-off and Retry-After. `makeCall` is asked
 * anew for each attempt (a token may have run out). Throws OciError `registry-failed` when the attempts are used up or the
 * connection fails for good, and the signal's reason.
 */
export async function exchangePersistently(
  transport: HttpTransport,
  clock: RetryClock,
  makeCall: () => PersistentCall,
): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt++) {
    const call = makeCall();
    const last = attempt >= (call.attempts ?? ATTEMPTS);
    let waitMs = backOffMs(attempt, clock);
    try {
      const answer = await transport.exchange(call);
      if (!isTransientStatus(answer.status)) return answer;
      const wanted = retryAfterMs(answer, clock);
      if (last || (wanted ?? 0) > LONGEST_RETRY_AFTER_MS) throw await errorOf(answer, call.doing);
      answer.discard();
      waitMs = wanted ?? waitMs;
    } catch (error) {
      call.signal?.throwIfAborted();
      if (error instanceof OciError) throw error;
      if (last || !isTransientError(error)) throw connectionError(error, call);
    }
    await clock.pause(waitMs, call.signal);
  }
}

/** The error that an unwanted answer stands for; reads its body. */
export async function errorOf(answer: HttpAnswer, doing: string): Promise<OciError> {
  const told = explain(await readText(answer));
  const wait = answer.headers['retry-after'];
  const when = answer.status === 429 && wait !== undefined ? ` (it wants us to wait: ${wait})` : '';
  const message = `${doing}: ${answer.url.host} answers ${answer.status}${told === '' ? '' : `: ${told}`}${when}`;
  switch (answer.status) {
    case 401:
    case 403:
      return new OciError('denied', message);
    case 404:
      return new OciError('not-found', message);
    default:
      return new OciError('registry-failed', message);
  }
}

/** Reads a short answer; what is beyond the limit, or never comes, is not waited for. */
async function readText(answer: HttpAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let lengthBytes = 0;
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      lengthBytes += chunk.length;
      if (lengthBytes > ERROR_LIMIT_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `{"errors": [{"code", "message"}]}` (distribution spec, "Error Codes") in one line; other text is not shown. */
function explain(text: string): string {
  try {
    const { errors } = JSON.parse(text) as {
      readonly errors?: readonly { code?: unknown; message?: unknown }[];
    };
    const lines = (errors ?? []).map(({ code, message }) =>
      [code, message].filter((part) => typeof part === 'string'),
    );
    return lines
      .map((parts) => parts.join(' '))
      .join('; ')
      .replaceAll(/\p{Cc}+/gu, ' ')
      .slice(0, 500);
  } catch {
    return '';
  }
}

/** Words of the codes that people meet most. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name could not be looked up',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an unknown authority',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a certificate of ours',
};

function connectionError(error: unknown, { doing, url }: PersistentCall): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const why = reasons[code] ?? error.message;
  return new OciError('registry-failed', `${doing}: ${url.host}: ${why}`, { cause: error });
}
