'use strict';
const { Router } = require('express');

const router = Router();
router.get('/zone', (request, response) => {
  const { DateTime } = require('luxon');
  const time = DateTime.fromISO('2024-07-01T12:00:00Z').setZone(request.query.zone).setLocale(request.query.locale);
  response.json({ time: time.toISO(), text: time.toLocaleString(DateTime.DATE_FULL) });
});
router.get('/money', (request, response) => {
  response.json(new Intl.NumberFormat(request.query.locale, { style: 'currency', currency: 'EUR' }).format(1234.5));
});
router.get('/greeting/:language', (request, response, next) => {
  try {
    response.json(require(`../locales/${request.params.language}.json`));
  } catch (error) {
    next(error);
  }
});
router.get('/jobs', async (_request, response) => {
  const cron = require('node-cron');
  response.json({ good: cron.validate('*/5 * * * *'), bad: cron.validate('99 * * * *') });
});
module.exports = router;
