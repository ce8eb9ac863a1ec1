#!/usr/bin/env -S node --
import { runCli } from './run-cli.ts';

process.exitCode = await runCli(process.argv, process);
