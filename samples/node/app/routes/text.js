'use strict';
const express = require('express');

const router = express.Router();
module.exports = router;
router.use(express.text({ limit: '1mb' }));

// Required on the first POST only.
router.post('/markdown', (request, response) => {
  const { marked } = require('marked');
  response.type('html').send(marked.parse(request.body));
});

router.post('/yaml', (request, response) => {
  let yaml;
  try {
    yaml = require('yaml');
  } catch {
    return response.status(501).json({ error: 'built without yaml' });
  }
  response.json(yaml.parse(request.body));
});

router.get('/decode/:charset', (request, response) => {
  const bytes = { gbk: [0xc4, 0xe3, 0xba, 0xc3], shift_jis: [0x93, 0xfa, 0x96, 0x7b], 'iso-8859-15': [0xa4] }[request.params.charset];
  if (bytes === undefined) return response.status(400).json({ error: 'unknown charset' });
  response.type('text/plain').send(new TextDecoder(request.params.charset).decode(Uint8Array.from(bytes)));
});

router.get('/punycode', (_request, response) => response.json({ host: new URL('http://bücher.example/').hostname, normal: 'e\u0301'.normalize('NFC').length }));
