/**
 * The engine's own durable limit: the same commits with the same index rows, ready made, handed to the store with so many under way
 * at once. No HTTP, no parsing, no validation. Prints commits per second as JSON.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../src/core/clock.js';
import { stampResource } from '../../../src/core/json/stamp.js';
import { observeNothing } from '../../../src/core/observe.js';
import { makeRegistry } from '../../../src/search/registry.js';
import { openSqliteStore } from '../../../src/store-sqlite/open.js';
import type { Write } from '../../../src/store/resource.js';

const [requests = '', atOnce = '64', seconds = '5', perCommit = '1'] = process.argv.slice(2);
const registry = makeRegistry();
const bodies = readFileSync(requests, 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as [string, string, string])[2]);
const made = bodies.map((text) => ({ text, value: JSON.parse(text) as Record<string, unknown> })).map(({ text, value }) => ({ text, type: String(value['resourceType']), index: registry.extract(value) }));

const folder = mkdtempSync(join(tmpdir(), 'concierge-limit-'));
const store = await openSqliteStore({ folder, clock: systemClock, observe: observeNothing });
let at = 0;
const write = (): Write => {
  const { text, type, index } = made[at++ % made.length] ?? { text: '{}', type: 'Basic', index: [] };
  const id = randomUUID();
  return { type, id, method: 'POST', base: 0, body: stampResource(text, { id, versionId: '1', lastUpdated: '1970-01-01T00:00:00.000Z' }), index };
};
const begun = performance.now();
let done = 0;
const run = async (): Promise<void> => {
  while (performance.now() - begun < Number(seconds) * 1000) {
    await store.commit({ writes: Array.from({ length: Number(perCommit) }, write) });
    done += Number(perCommit);
  }
};
await Promise.all(Array.from({ length: Number(atOnce) }, run));
console.log(JSON.stringify({ rate: done / ((performance.now() - begun) / 1000), rows: made.reduce((sum, { index }) => sum + index.length, 0) / made.length }));
await store.close();
rmSync(folder, { recursive: true, force: true });
