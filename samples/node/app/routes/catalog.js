'use strict';
const fs = require('node:fs/promises');
const path = require('node:path');
const express = require('express');

const router = express.Router();
module.exports = router;
router.use(express.json({ limit: '200kb' }));
router.use(express.urlencoded({ extended: true }));

const orders = path.join(__dirname, '..', 'data', 'orders.json');

router.post('/orders', async (request, response, next) => {
  try {
    if (!request.body.item) return response.status(422).json({ error: 'item is missing' });
    await fs.writeFile(orders, JSON.stringify(request.body));
    response.status(201).json({ stored: JSON.parse(await fs.readFile(orders, 'utf8')) });
  } catch (error) {
    next(error);
  }
});

router.post('/form', (request, response) => response.json(request.body));

router.get('/items/:name', (request, response) =>
  response.render('item', { name: request.params.name, prices: { net: 10, gross: 11.9 } }),
);

// A module chosen by a request: no static analysis of the expression can name the file.
router.get('/reports/:kind', async (request, response, next) => {
  try {
    const report = await import(`../reports/${path.basename(request.params.kind)}.mjs`);
    response.type(report.type).send(report.render([{ item: 'bread', amount: 2 }, { item: 'milk', amount: 1 }]));
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return response.status(404).json({ error: 'no such report' });
    next(error);
  }
});

router.get('/download', (_request, response) => response.download(path.join(__dirname, '..', 'public', 'price-list.csv')));
