/** The writer's work: several requests at once, each with its own answer, and an end of all writing after a failure that cannot be trusted. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openConnection } from '../../../src/store-sqlite/connection.js';
import { openSqliteStore } from '../../../src/store-sqlite/open.js';
import type { PackedCommit } from '../../../src/store-sqlite/packed-commit.js';
import { migrate } from '../../../src/store-sqlite/schema.js';
import { openWriteService, type WriteRequest } from '../../../src/store-sqlite/write-service.js';
import { put } from '../../suite/store.suite.js';

const folders: string[] = [];
afterAll(() => { for (const folder of folders) rmSync(folder, { recursive: true, force: true }); });
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'concierge-writer-'));
  folders.push(folder);
  return folder;
};

const openService = () => {
  const file = join(newFolder(), 'store.db');
  const database = openConnection({ file, mode: 'write' });
  migrate(database);
  database.close();
  return { file, service: openWriteService({ file, cacheMegabytes: 1 }) };
};

const now = Date.UTC(2026, 5, 1);
const commitOf = (id: string, base: number, text = '{"resourceType":"Basic"}'): PackedCommit => ({ guards: [], writes: [{ type: 'Basic', id, method: 'PUT', base, text, stampAt: 0, updated: undefined, packed: new Uint8Array(0) }] });

describe('several requests at once', () => {
  it('are answered in their order, each as if it were alone', () => {
    const { service } = openService();
    const kinds = { good: 'commit', stale: 'commit', record: 'recorded', expire: 'done' } as const;
    let stored = 0;
    let records = 0;
    fc.assert(fc.property(fc.array(fc.constantFrom('good', 'stale', 'record', 'expire'), { minLength: 1, maxLength: 12 }), (asked) => {
      const requests = asked.map((kind): WriteRequest => {
        if (kind === 'record') return { kind: 'record', now, records: [String((records += 1))] };
        if (kind === 'expire') return { kind: 'expire', now };
        return { kind: 'commit', now, commits: [kind === 'good' ? commitOf('one', stored++) : commitOf('one', 1_000_000)] };
      });
      const answers = service.answer(requests);
      expect(answers.map(({ kind }) => kind)).toEqual(asked.map((kind) => kinds[kind]));
      const results = answers.map((answer) => (answer.kind === 'commit' || answer.kind === 'recorded' ? answer.results : []));
      expect(results.map((each) => each.map((result) => 'ok' in result && result.ok))).toEqual(asked.map((kind) => (kind === 'expire' ? [] : [kind !== 'stale'])));
    }));
    service.close();
  });
});

describe('a file that has failed', () => {
  it('is never written again, whatever it looks like later', () => {
    const { file, service } = openService();
    // More than the connection keeps in memory.
    const ids = Array.from({ length: 600 }, (_, n) => `r${String(n)}`);
    service.answer([{ kind: 'commit', now, commits: ids.map((id) => commitOf(id, 0, `{"resourceType":"Basic","id":"${'x'.repeat(4_000)}"}`)) }]);
    const kept = [file, `${file}-wal`].map((path) => ({ path, bytes: readFileSync(path) }));
    for (const { path, bytes } of kept) writeFileSync(path, Buffer.alloc(bytes.length, 0xff));
    const [broken] = service.answer([{ kind: 'commit', now, commits: ids.map((id) => commitOf(id, 1)) }]);
    const codes = broken?.kind === 'commit' ? broken.results.map((result) => ('failure' in result ? result.failure.code : 'stored')) : [];
    expect(codes[0]).toMatch(/^SQLITE_(CORRUPT|NOTADB|IOERR)/);
    for (const { path, bytes } of kept) writeFileSync(path, bytes);
    expect(service.answer([{ kind: 'commit', now, commits: [commitOf('two', 0)] }, { kind: 'expire', now }]).map(({ kind }) => kind)).toEqual(['failed', 'failed']);
  });
});

describe('commits asked at once', () => {
  it.each(['worker', 'inline'] as const)('are all there, and each is told what became of it (writer: %s)', async (where) => {
    const store = await openSqliteStore({ folder: newFolder(), clock: systemClock, observe: observeNothing, writer: where });
    const asked = Array.from({ length: 300 }, (_, n) => n);
    const results = await Promise.all(asked.map((n) => (n % 3 === 0 ? store.commit({ writes: [], audit: [{ text: String(n) }] }) : store.commit({ writes: [put('Basic', `r${String(n % 50)}`, 0)] }))));
    const stored = results.filter((result, n) => n % 3 !== 0 && result.ok).length;
    const versions = await store.changes(0, 1_000);
    const records = await store.records('audit', 0, 1_000);
    await store.close();
    expect([stored, versions.length]).toEqual([50, 50]);
    expect(results.filter(({ ok }) => !ok)).toHaveLength(150);
    expect(records.map(({ text }) => Number(text))).toEqual(asked.filter((n) => n % 3 === 0));
  });
});
