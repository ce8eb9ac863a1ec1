import { argv } from 'node:process';
console.log(`child of ${argv.slice(2).join('+')}`);
