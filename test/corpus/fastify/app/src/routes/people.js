import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';

export default async function people(app) {
  app.post('/login', async (request, reply) => {
    const token = app.jwt.sign({ name: request.body.name }, { expiresIn: '1h' });
    return reply.setCookie('seen', 'yes', { signed: true }).send({ token });
  });
  app.get('/me', { onRequest: (request) => request.jwtVerify() }, async (request) => ({ name: request.user.name }));
  app.get('/limited', { config: { rateLimit: { max: 2, timeWindow: '1 minute' } } }, async () => 'fine');
  app.get('/signature', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const text = Buffer.from('text');
    return { valid: verify(null, text, publicKey, sign(null, text, privateKey)), sha3: createHash('sha3-256').update('x').digest('hex').slice(0, 8) };
  });
}
