'use strict';
const http = require('node:http');

const port = Number(process.env.PORT ?? 8000);
http
  .get({ host: '127.0.0.1', port, path: '/health', timeout: 2000 }, (response) => process.exit(response.statusCode === 200 ? 0 : 1))
  .on('error', () => process.exit(1));
