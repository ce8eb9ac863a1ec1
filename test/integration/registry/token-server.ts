import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { CertificateFiles } from './certificates.ts';

export interface TokenServer extends AsyncDisposable {
  readonly realm: string;
  /** Who asked, and for what. */
  readonly asked: readonly string[];
}

/** The names that both sides must agree on. */
export const tokenService = 'pare-test-registry';
export const tokenIssuer = 'pare-test-issuer';

/**
 * A token server as distribution's registry wants one (its "Token Authentication Specification"): whoever has the password may do
 * what he asks for, others may pull.
 */
export async function startTokenServer(
  tls: CertificateFiles,
  signer: CertificateFiles,
  credential: string,
): Promise<TokenServer> {
  const asked: string[] = [];
  const good = `Basic ${Buffer.from(credential).toString('base64')}`;
  const server: Server = createServer(
    { cert: readFileSync(tls.certificate), key: readFileSync(tls.key) },
    (request, response) => {
      const url = new URL(request.url ?? '', 'https://token');
      const { authorization } = request.headers;
      const scopes = url.searchParams.getAll('scope');
      asked.push(`${authorization === undefined ? 'anonymous' : 'user'} ${scopes.join(' ')}`);
      if (authorization !== undefined && authorization !== good) return void response.writeHead(401).end();
      const access = scopes.map((scope) => {
        const [type = '', name = '', actions = ''] = scope.split(':');
        const wanted = actions.split(',');
        return {
          type,
          name,
          actions: authorization === undefined ? wanted.filter((one) => one === 'pull') : wanted,
        };
      });
      response.end(JSON.stringify({ token: makeToken(signer, access), expires_in: 300 }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    realm: `https://127.0.0.1:${address.port}/token`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A JSON Web Token whose key is told by its certificate (`x5c`, RFC 7515 section 4.1.6). */
function makeToken({ certificate, key }: CertificateFiles, access: readonly object[]): string {
  const now = Math.floor(Date.now() / 1000);
  const der = new X509Certificate(readFileSync(certificate)).raw.toString('base64');
  const header = { typ: 'JWT', alg: 'ES256', x5c: [der] };
  const claims = {
    ...{ iss: tokenIssuer, sub: 'pare', aud: tokenService, access },
    ...{ nbf: now - 60, iat: now, exp: now + 300 },
    jti: createHash('sha256').update(JSON.stringify(access)).digest('hex'),
  };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(text), {
    key: createPrivateKey(readFileSync(key)),
    dsaEncoding: 'ieee-p1363',
  });
  return `${text}.${signature.toString('base64url')}`;
}
