'use strict';
const crypto = require('node:crypto');
const { Router } = require('express');
const session = require('express-session');
const cookies = require('cookie-parser');

const router = Router();
router.use(cookies('secret'), session({ secret: 'secret', resave: false, saveUninitialized: false }));
router.get('/visits', (request, response) => {
  request.session.visits = (request.session.visits ?? 0) + 1;
  response.json({ visits: request.session.visits });
});
router.post('/hash', (request, response) => {
  response.json({
    scrypt: crypto.scryptSync(request.body.password, 'salt', 16).toString('hex'),
    hmac: crypto.createHmac('sha512', 'key').update(request.body.password).digest('base64').slice(0, 16),
    ripemd: hashOrMessage('ripemd160', request.body.password),
  });
});
router.get('/remember', (_request, response) => {
  response.cookie('user', 'ada', { signed: true, httpOnly: true }).redirect('/account/who');
});
router.get('/who', (request, response) => response.json({ user: request.signedCookies.user ?? null }));

function hashOrMessage(algorithm, text) {
  try {
    return crypto.createHash(algorithm).update(text).digest('hex').slice(0, 8);
  } catch (error) {
    return error.code;
  }
}
module.exports = router;
