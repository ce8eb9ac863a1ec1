/**
 * The page's script: filters the paths and draws those that are in sight alone, so that tens of thousands stay quick. Plain JavaScript; it
 * writes text as text, never as markup.
 */
export const pageScript = `
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const rowHeight = 24;
  const list = document.getElementById('list');
  const filter = document.getElementById('filter');
  const which = document.getElementById('which');
  const kind = document.getElementById('kind');
  const count = document.getElementById('count');
  const why = document.getElementById('why');
  const space = document.createElement('div');
  list.append(space);
  for (const [position, name] of data.kinds.entries()) kind.append(new Option(name, position));
  const rows = [
    ...data.kept.map(([path, bytes, ...reasons]) => ({ path, bytes, reasons, gone: false })),
    ...data.removed.map((path) => ({ path, bytes: -1, reasons: [], gone: true })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  let shown = rows;
  let chosen;
  const size = (bytes) => {
    if (bytes < 0) return '';
    let value = bytes;
    let unit = 0;
    while (value >= 999.5 && unit < 3) { value /= 1000; unit += 1; }
    return (unit === 0 ? value : Number(value.toPrecision(3))) + ' ' + ['B', 'kB', 'MB', 'GB'][unit];
  };
  const cell = (name, text) => {
    const element = document.createElement('span');
    element.className = name;
    element.textContent = text;
    return element;
  };
  const clean = (text) => text.replace(/[\\u0000-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]/gu, '\\ufffd');
  const draw = () => {
    const first = Math.max(0, Math.floor(list.scrollTop / rowHeight) - 5);
    const last = Math.min(shown.length, first + Math.ceil(list.clientHeight / rowHeight) + 10);
    space.style.height = shown.length * rowHeight + 'px';
    space.replaceChildren(...shown.slice(first, last).map((row, offset) => {
      const element = document.createElement('div');
      element.className = 'row mono' + (row.gone ? ' gone' : '') + (row === chosen ? ' on' : '');
      element.style.top = (first + offset) * rowHeight + 'px';
      const words = row.gone ? 'removed' : data.words[row.reasons[1]] ?? '';
      element.append(cell('p', clean(row.path)), cell('w', clean(words)), cell('s', size(row.bytes)));
      element.onclick = () => { chosen = row; explain(row); draw(); };
      return element;
    }));
  };
  const explain = (row) => {
    const lines = row.gone
      ? ['nothing was seen to use it, and nothing that is kept is known to need it, or a rule left it out']
      : row.reasons.filter((_, at) => at % 2 === 1).map((at) => 'because ' + data.words[at]);
    why.replaceChildren(cell('mono', clean(row.path)), ...lines.map((line) => {
      const item = document.createElement('li');
      item.textContent = clean(line);
      return item;
    }));
  };
  const update = () => {
    const text = filter.value.toLowerCase();
    const wanted = kind.value === '' ? -1 : Number(kind.value);
    shown = rows.filter((row) =>
      (which.value === 'all' || (which.value === 'removed') === row.gone) &&
      (wanted < 0 || row.reasons.some((at, index) => index % 2 === 0 && at === wanted)) &&
      (text === '' || row.path.toLowerCase().includes(text)));
    count.textContent = shown.length.toLocaleString('en-US') + ' of ' + rows.length.toLocaleString('en-US');
    list.scrollTop = 0;
    draw();
  };
  filter.oninput = which.onchange = kind.onchange = update;
  list.onscroll = draw;
  addEventListener('resize', draw);
  update();
})();
`;
