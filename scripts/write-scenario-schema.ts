#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenarioJsonSchema } from '../packages/pare/src/scenario/json-schema.ts';

/** Writes docs/pare.schema.json of the code; `npx biome format --write docs` then lays it out. A test finds a stale one. */
const target = join(import.meta.dirname, '../docs/pare.schema.json');
writeFileSync(target, `${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`);
