'use strict';
const path = require('node:path');
const express = require('express');
const helmet = require('helmet');

const app = express();
app.set('views', path.join(__dirname, 'views'));
app.engine('ejs', require('ejs').renderFile);
app.set('view engine', 'ejs');
app.use(helmet());
app.use('/public', express.static(path.join(__dirname, 'public')));
app.use(express.json({ limit: '64kb' }));
app.use(express.urlencoded({ extended: true }));

app.get('/health', (_request, response) => response.json({ ok: true }));
// Each area is loaded with its own libraries at its first request.
for (const area of ['catalog', 'account', 'files', 'times', 'machine']) {
  app.use(`/${area}`, (request, response, next) => require(`./routes/${area}`)(request, response, next));
}
app.use((request, response) => response.status(404).render('errors/404.pug', { path: request.path }));
app.use((error, _request, response, _next) => {
  const { createLogger, format, transports } = require('winston');
  createLogger({ format: format.json(), transports: [new transports.Console()] }).error(error.message);
  response.status(error.status ?? 500).render('errors/500.pug', { message: error.message });
});

const server = app.listen(process.env.PORT ?? 3000);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
