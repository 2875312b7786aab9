#!/usr/bin/env node
// Starts the built program; it builds nothing itself.
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  console.error('concierge is not built yet: run "npm install" and "npm run build" in its folder first.');
  process.exitCode = 1;
}
