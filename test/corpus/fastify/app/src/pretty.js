import pino from 'pino';

pino({ transport: { target: 'pino-pretty', options: { sync: true } } }).info('seen');
