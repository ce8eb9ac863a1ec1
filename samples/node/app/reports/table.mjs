export const type = 'text/plain';
export const render = (rows) => rows.map((row) => `${row.item.padEnd(8)}${row.amount}`).join('\n');
