'use strict';
const [left, right] = process.argv.slice(2).map(Number);
process.stdout.write(`product ${left * right}\n`);
