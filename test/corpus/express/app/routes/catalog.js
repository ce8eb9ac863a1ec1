'use strict';
const { Router } = require('express');
const items = require('../items.json');

const router = Router();
router.get('/', (_request, response) => response.render('catalog', { items }));
router.get('/:id.txt', (request, response) => response.render('item.pug', { item: items[request.params.id] }));
router.get('/export/:format', (request, response) => {
  const exporter = require('../exporters/' + request.params.format.replace(/\W/g, ''));
  response.type(exporter.type).send(exporter.write(items));
});
router.post('/', (request, response) => {
  const Joi = require('joi');
  const schema = Joi.object({ name: Joi.string().min(2).required(), price: Joi.number().positive().required() });
  const { error, value } = schema.validate(request.body);
  if (error) return response.status(422).json({ error: error.message });
  response.status(201).json(value);
});
module.exports = router;
