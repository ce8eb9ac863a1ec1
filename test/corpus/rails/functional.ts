import { answersOk, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';
import { sessionCheck } from '../checks.ts';

const json = { 'content-type': 'application/json' };

export const functional = defineFullTest({
  name: 'rails',
  ports: [3000],
  isReady: answersOk('/health'),
  checks: [
    httpCheck('lists notes with a partial and a helper', '/notes', {
      match: /<title>Notebook<\/title>.*1 note.*<span class="badge">Bread<\/span>.*ago|about|over/s,
    }),
    httpCheck('lists notes in German', '/notes?locale=de&q=bre', { match: /1 Notiz/ }),
    httpCheck('lists notes as JSON', '/notes.json', { json: [{ id: 1, title: 'Bread' }] }),
    httpCheck('lists notes as XML', '/notes.xml', { match: /<note>Bread<\/note>/ }),
    httpCheck('lists notes as CSV, by a class that is loaded by its name', '/notes.csv', {
      text: '1,Bread',
      answerHeaders: { 'content-disposition': /notes\.csv/ },
    }),
    httpCheck('shows a note with a form', '/notes/1', {
      match: /<h1>Bread<\/h1>July 01, 2024 14:00north<form.*value="Bread"/s,
    }),
    httpCheck('answers 404 for a note that is not', '/notes/99', { status: 404, text: 'no such note' }),
    httpCheck('makes a feed', '/notes/feed', { match: /<feed.*<title>Bread<\/title>/s }),
    httpCheck('refuses a short title', '/notes', {
      body: '{"note":{"title":"x"}}',
      headers: json,
      status: 422,
      match: /too short/,
    }),
    httpCheck('refuses it in German', '/notes?locale=de', {
      body: '{"note":{"title":"x"}}',
      headers: json,
      status: 422,
      match: /ist zu kurz/,
    }),
    httpCheck('creates a note', '/notes', {
      body: '{"note":{"title":"milk and tea"}}',
      headers: json,
      status: 201,
      match: /"title":"Milk And Tea"/,
    }),
    httpCheck('refuses broken JSON', '/notes', { body: '{', headers: json, status: 400 }),
    httpCheck('sends mail by a job', '/notes/1/send_by_mail', { method: 'POST', match: /Return Bread/ }),
    httpCheck('tells the time in Tokyo', '/tools/zone?name=Tokyo', { text: '21:00 JST' }),
    httpCheck('tells the time in Kiritimati', '/tools/zone?name=Pacific/Kiritimati', { match: /^02:00/ }),
    httpCheck('formats', '/tools/number', { text: '$1,234.50 | 121 KB | about 1 hour | leaves | aegir-o' }),
    httpCheck('caches in files', '/tools/cache', { text: '42' }),
    httpCheck('encrypts', '/tools/secret', { text: 'hidden' }),
    sessionCheck('/tools/count', /^2$/),
    httpCheck('runs a job', '/tools/job', { text: '3' }),
    httpCheck('cleans HTML', '/tools/sanitize', { text: '<b>x</b>y' }),
    httpCheck('asks the database', '/tools/statistics', {
      match: /"transaction":true,"connection":"SQLite"/,
    }),
    httpCheck('parses a duration', '/tools/duration', { text: '1 day and 2 hours' }),
    httpCheck('answers a failure with its page', '/tools/fail', { status: 500, match: /Out of order/ }),
    httpCheck('answers 404 with its page', '/none', { status: 404, match: /Not there/ }),
    httpCheck('serves a public file', '/robots.txt', { match: /User-agent/ }),
    execCheck('runs a task of its own', ['bundle', 'exec', 'rake', 'notes:count'], { match: /true counted/ }),
    execCheck('shows the state of its migrations', ['bundle', 'exec', 'rake', 'db:migrate:status'], {
      match: /up\s+20240101000000\s+Create notes/,
    }),
    execCheck(
      'runs code',
      ['bundle', 'exec', 'ruby', '-e', "require './config/environment'; puts Note.first.title"],
      { text: 'Bread' },
    ),
    execCheck('lists its gems', ['bundle', 'list'], { match: /\* rails \(6\.1/ }),
  ],
});
