import { EOL } from 'node:os';

export const type = 'text/csv';
export const render = (rows) => ['item,amount', ...rows.map((row) => `${row.item},${row.amount}`)].join(EOL);
