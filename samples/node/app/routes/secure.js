'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const express = require('express');

const router = express.Router();
module.exports = router;
const certs = path.join(__dirname, '..', 'certs');

// A TLS server and a client of it, with this image's own certificate as the only authority.
router.get('/tls', (_request, response, next) => {
  const https = require('node:https');
  const cert = fs.readFileSync(path.join(certs, 'cert.pem'));
  const server = https.createServer({ cert, key: fs.readFileSync(path.join(certs, 'key.pem')) }, (_inner, answer) => answer.end('sealed'));
  server.listen(0, '127.0.0.1', () => {
    https
      .get({ host: 'localhost', port: server.address().port, ca: cert, family: 4 }, (inner) => {
        const { protocol, authorized } = { protocol: inner.socket.getProtocol(), authorized: inner.socket.authorized };
        inner.setEncoding('utf8').once('data', (body) => {
          server.close();
          response.json({ body, protocol, authorized });
        });
      })
      .on('error', (error) => {
        server.close();
        next(error);
      });
  });
});

router.get('/roots', (_request, response) => {
  const bundle = fs.readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8');
  const first = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(bundle);
  response.json({
    builtIn: require('node:tls').rootCertificates.length,
    system: bundle.split('BEGIN CERTIFICATE').length - 1,
    selfSigned: new crypto.X509Certificate(first[0]).verify(new crypto.X509Certificate(first[0]).publicKey),
  });
});

router.get('/digest/:algorithm', (request, response) =>
  response.type('text/plain').send(crypto.createHash(request.params.algorithm).update('pare').digest('hex')),
);

router.get('/scrypt', (_request, response, next) =>
  crypto.scrypt('secret', 'salt', 16, (error, key) => (error ? next(error) : response.type('text/plain').send(key.toString('hex')))),
);

router.get('/cipher', (_request, response) => {
  const key = Buffer.alloc(32, 1);
  const iv = Buffer.alloc(12, 2);
  const cipher = crypto.createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([cipher.update('plain'), cipher.final()]);
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, iv).setAuthTag(cipher.getAuthTag());
  response.json({ sealed: sealed.toString('hex'), opened: decipher.update(sealed, undefined, 'utf8') + decipher.final('utf8') });
});

router.get('/sign', async (_request, response) => {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
  const signature = crypto.sign(null, Buffer.from('pare'), privateKey);
  const digest = await crypto.webcrypto.subtle.digest('SHA-256', Buffer.from('pare'));
  response.json({ verified: crypto.verify(null, Buffer.from('pare'), publicKey, signature), bytes: digest.byteLength });
});
