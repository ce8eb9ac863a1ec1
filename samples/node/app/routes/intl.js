'use strict';
const fs = require('node:fs');
const path = require('node:path');
const express = require('express');

const router = express.Router();
module.exports = router;
const moment = new Date(Date.UTC(2024, 2, 31, 12, 30));

router.get('/date', (request, response) => {
  const { locale = 'en-US', zone = 'UTC' } = request.query;
  response.type('text/plain').send(new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short', timeZone: zone }).format(moment));
});

router.get('/number', (request, response) => {
  const { locale = 'en-US', currency = 'EUR' } = request.query;
  response.type('text/plain').send(new Intl.NumberFormat(locale, { style: 'currency', currency }).format(1234567.891));
});

router.get('/names', (_request, response) =>
  response.json({
    region: new Intl.DisplayNames(['fr'], { type: 'region' }).of('DE'),
    plural: new Intl.PluralRules('ar').select(3),
    list: new Intl.ListFormat('ja').format(['a', 'b', 'c']),
    sorted: ['z', 'ä', 'a'].sort(new Intl.Collator('sv').compare),
  }),
);

router.get('/dayjs', (request, response) => {
  const dayjs = require('dayjs');
  dayjs.extend(require('dayjs/plugin/utc'));
  dayjs.extend(require('dayjs/plugin/timezone'));
  dayjs.extend(require('dayjs/plugin/localizedFormat'));
  const locale = path.basename(String(request.query.locale ?? 'de'));
  require(`dayjs/locale/${locale}`);
  response.type('text/plain').send(dayjs(moment).tz('America/New_York').locale(locale).format('LLLL'));
});

router.get('/messages/:language', (request, response) => {
  const file = path.join(__dirname, '..', 'messages', `${path.basename(request.params.language)}.json`);
  response.json(JSON.parse(fs.readFileSync(file, 'utf8')));
});
