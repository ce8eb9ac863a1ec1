'use strict';
const childProcess = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');
const zlib = require('node:zlib');
const express = require('express');

const router = express.Router();
module.exports = router;
const root = path.join(__dirname, '..');

router.get('/worker', (_request, response, next) => {
  const { Worker } = require('node:worker_threads');
  new Worker(path.join(root, 'workers', 'primes.js'), { workerData: { limit: 100 } })
    .once('message', (primes) => response.json({ count: primes.length }))
    .once('error', next);
});

router.get('/node-child', async (_request, response, next) => {
  promisify(childProcess.execFile)(process.execPath, [path.join(root, 'scripts', 'child.js'), '6', '7'])
    .then(({ stdout }) => response.type('text/plain').send(stdout), next);
});

router.get('/shell', (_request, response, next) => {
  promisify(childProcess.exec)('uname -s | tr a-z A-Z').then(({ stdout }) => response.type('text/plain').send(stdout), next);
});

router.get('/script', (_request, response, next) => {
  promisify(childProcess.execFile)('sh', [path.join(root, 'scripts', 'summary.sh'), path.join(root, 'public', 'price-list.csv')])
    .then(({ stdout }) => response.type('text/plain').send(stdout), next);
});

router.get('/compressed/:encoding', (request, response) => {
  const encoders = { gzip: zlib.gzipSync, br: zlib.brotliCompressSync, deflate: zlib.deflateSync };
  const body = encoders[request.params.encoding](Buffer.from('pare '.repeat(200)));
  response.set('content-encoding', request.params.encoding).type('text/plain').send(body);
});

router.get('/who', (_request, response) => {
  const os = require('node:os');
  const { username, uid, homedir } = os.userInfo();
  response.json({ username, uid, homedir });
});

router.get('/lookup', async (_request, response, next) => {
  const dns = require('node:dns').promises;
  Promise.all([dns.lookup('localhost', { family: 4 }), dns.lookupService('127.0.0.1', 80)])
    .then(([host, service]) => response.json({ address: host.address, service: service.service }), next);
});

router.get('/fetch', (request, response, next) => {
  fetch(`http://127.0.0.1:${request.socket.localPort}/health`).then((answer) => answer.json()).then((body) => response.json(body), next);
});

router.get('/temporary', async (_request, response, next) => {
  const { mkdtemp, rm, writeFile, readdir } = require('node:fs/promises');
  try {
    const directory = await mkdtemp(path.join(require('node:os').tmpdir(), 'shop-'));
    await writeFile(path.join(directory, 'file'), 'x');
    const names = await readdir(directory);
    await rm(directory, { recursive: true });
    response.json(names);
  } catch (error) {
    next(error);
  }
});
