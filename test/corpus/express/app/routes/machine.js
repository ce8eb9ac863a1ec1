'use strict';
const { execFile } = require('node:child_process');
const { Worker } = require('node:worker_threads');
const path = require('node:path');
const { Router } = require('express');

const router = Router();
router.get('/worker', (_request, response, next) => {
  const worker = new Worker(path.join(__dirname, '../jobs/sum.js'), { workerData: [1, 2, 3] });
  worker.once('message', (sum) => response.json({ sum }));
  worker.once('error', next);
});
router.get('/child', (_request, response, next) => {
  execFile(process.execPath, [path.join(__dirname, '../jobs/child.mjs'), 'a b'], (error, output) => {
    if (error) return next(error);
    response.type('text').send(output);
  });
});
router.get('/report', (_request, response, next) => {
  execFile('/bin/sh', ['jobs/report.sh'], { cwd: path.join(__dirname, '..') }, (error, output) => {
    if (error) return next(error);
    response.type('text').send(output);
  });
});
router.get('/resolve', async (_request, response, next) => {
  try {
    response.json(await require('node:dns/promises').lookup('localhost', { family: 4 }));
  } catch (error) {
    next(error);
  }
});
router.get('/fetch', async (request, response, next) => {
  try {
    const answer = await fetch(`http://127.0.0.1:${request.socket.localPort}/health`);
    response.json(await answer.json());
  } catch (error) {
    next(error);
  }
});
router.get('/authorities', (_request, response) => {
  const bundle = require('node:fs').readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8');
  response.json({ many: bundle.split('BEGIN CERTIFICATE').length > 100 });
});
router.get('/esm', async (_request, response) => response.json({ sum: (await import('../jobs/sum-module.mjs')).sum([4, 5]) }));
router.get('/fail', () => {
  throw Object.assign(new Error('broken on purpose'), { status: 503 });
});
module.exports = router;
