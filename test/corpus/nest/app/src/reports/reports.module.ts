import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Module } from '@nestjs/common';

@Injectable()
export class ReportsService {
  async report(): Promise<object> {
    const template = await readFile(join(__dirname, '../../views/report.txt'), 'utf8');
    const plugin = 'rounding';
    const { round } = require(`./plugins/${plugin}`);
    return { text: template.trim().replace('%d', String(round(41.7))) };
  }
}

@Module({ providers: [ReportsService] })
export class ReportsModule {}
