import { answersOk, defineFullTest, execCheck, httpCheck } from '../../../samples/full-test.ts';

export const functional = defineFullTest({
  name: 'numpy',
  ports: [8000],
  isReady: answersOk('/health'),
  checks: [
    httpCheck('takes a mean', '/mean', { json: 4.5 }),
    httpCheck('solves equations with LAPACK', '/solve', {
      json: { x: [0.8, 1.4], values: [1.382, 3.618], svd: [3.618, 1.382] },
    }),
    httpCheck('transforms by Fourier', '/fourier', { json: [0, 4, 0, 0, 0] }),
    httpCheck('draws numbers from several generators', '/random', {
      match: /"integers": \[8, 77, 65\], "normal": true, "old": 37, "bits": 2/,
    }),
    httpCheck('finds roots', '/polynomial', { json: [-3, 2] }),
    httpCheck('masks', '/masked', { json: 7 }),
    httpCheck('saves and loads', '/saved', {
      json: [
        [1, 0],
        [0, 1],
      ],
    }),
    httpCheck('counts days and writes letters', '/text', {
      json: { dates: '2024-03-01', strings: ['A', 'B'], unique: [1, 3] },
    }),
    httpCheck('multiplies by the notation of Einstein', '/einsum', {
      json: [
        [2, 3],
        [6, 11],
      ],
    }),
    httpCheck('compares with numpy.testing', '/tested', { json: 'close' }),
    httpCheck('reads CSV with pandas', '/csv', {
      json: { sum: { north: 8, south: 4 }, months: [7, 5], types: ['datetime64[ns]', 'object', 'int64'] },
    }),
    httpCheck('merges', '/merged', { match: /\["3", "-", "1\.5"\]/ }),
    httpCheck('converts time zones', '/zones', { json: '2024-07-01T09:00:00+09:00' }),
    httpCheck('stores in SQLite', '/sqlite', { json: 3 }),
    httpCheck('writes other formats', '/formats', {
      match: /"pickle": \[2, 2\], "html": true, "query": \[2\]/,
    }),
    httpCheck('rolls and cuts', '/windows', {
      json: { rolling: [1, 2, 3, 4], ewm: 4.508, cut: 2, categories: [0, 1, 0] },
    }),
    httpCheck('parses dates', '/parsed', { json: { date: '2024-05-03T19:00:00', rule: 3, zone: 7200 } }),
    httpCheck('reads a Japanese character set', '/encoded', { json: '日本' }),
    httpCheck('says that a task is missing', '/none', { status: 404 }),
    httpCheck('says what failed', '/mean?x=1', { status: 500, match: /TypeError/ }),
    execCheck('shows how it was built', ['python3', '-c', 'import numpy; numpy.show_config()'], {
      match: /lapack/,
    }),
  ],
});
