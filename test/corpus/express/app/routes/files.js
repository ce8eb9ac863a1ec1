'use strict';
const os = require('node:os');
const zlib = require('node:zlib');
const { Router } = require('express');

const router = Router();
router.use(require('compression')({ threshold: 0 }));
router.post('/upload', (request, response, next) => {
  const multer = require('multer');
  multer({ dest: os.tmpdir() }).single('file')(request, response, (error) => {
    if (error) return next(error);
    response.json({ name: request.file.originalname, type: request.file.mimetype, size: request.file.size });
  });
});
router.get('/large', (_request, response) => response.type('text').send('line\n'.repeat(5000)));
router.get('/brotli', (_request, response) => {
  response.type('text').send(zlib.brotliDecompressSync(zlib.brotliCompressSync('packed')).toString());
});
router.get('/download', (_request, response) => response.download(require.resolve('../public/terms.pdf'), 'terms.pdf'));
router.post('/charset', require('body-parser').text({ type: '*/*', defaultCharset: 'utf-8' }), (request, response) => {
  response.type('text').send(request.body);
});
module.exports = router;
