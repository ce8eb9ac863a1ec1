'use strict';
const path = require('node:path');
const express = require('express');

const app = express();
app.set('views', path.join(__dirname, 'views'));
app.set('view engine', 'ejs');
app.disable('x-powered-by');
app.use(express.static(path.join(__dirname, 'public')));

app.get('/health', (_request, response) => response.json({ status: 'up' }));
app.get('/', (_request, response) => response.render('index', { title: 'Shop', items: ['bread', 'milk'] }));

// Loaded on the first request of each area, as routers of large applications are.
for (const area of ['catalog', 'intl', 'secure', 'system', 'text']) {
  app.use(`/${area}`, (request, response, next) => require(`./routes/${area}`)(request, response, next));
}

app.use((request, response) => response.status(404).render('missing', { path: request.path }));
app.use((error, _request, response, _next) => {
  response.status(error.status ?? 500).json({ error: error.message, type: error.type ?? error.name });
});

app.listen(Number(process.env.PORT ?? 8000), '0.0.0.0');
