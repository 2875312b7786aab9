/** Commands, start and stop, and switching the audit off (I8), on the built program: each leaves its record. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAuditRecord } from '../../../src/audit/record.js';
import { systemClock } from '../../../src/core/clock.js';
import { openSqliteGrants } from '../../../src/store-sqlite/grant/open.js';
import { databaseFile } from '../../../src/store-sqlite/files.js';
import { concierge } from '../../support/command.js';
import { startServer } from '../../support/server.js';

let folder = '';
const dataDir = (): string => join(folder, 'data');
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'concierge-audit-')); });
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

let seen = 0;
/** Subtype and short text of each new record. */
const fresh = (data = dataDir()): string[] => {
  const database = new Database(join(data, databaseFile), { readonly: true });
  try {
    const rows = database.prepare('SELECT number, text FROM audit WHERE number > ? ORDER BY number').all(seen) as { number: number; text: string }[];
    seen = rows.at(-1)?.number ?? seen;
    return rows.map(({ text }) => readAuditRecord(text)).map(({ subtype, outcome, outcomeText = '', agent }) => `${typeof subtype === 'string' ? subtype : subtype.code} ${outcome} ${outcomeText} by ${agent.client ?? ''}`);
  } finally {
    database.close();
  }
};
const serveOnce = async (env: Record<string, string>): Promise<void> => {
  const server = await startServer({ dataDir: dataDir(), env });
  await server.stop();
};

describe('the audit of the operator on sqlite', () => {
  it('records that the server starts and stops, and which settings it records under', async () => {
    await serveOnce({ AUDIT: 'on' });
    expect(fresh()).toEqual([expect.stringMatching(/^110134 0 audit on, AUTH=open/), expect.stringMatching(/^110120 0 release /), '110121 0  by operator']);
    await serveOnce({ AUDIT: 'on' });
    expect(fresh().map((text) => text.slice(0, 6))).toEqual(['110120', '110121']);
  });

  it('records what is asked of the server, and not that it follows its own definitions', async () => {
    const server = await startServer({ dataDir: dataDir(), env: { AUDIT: 'on' } });
    const ask = async (path: string, body?: string): Promise<number> => (await fetch(`${server.base}/${path}`, body === undefined ? {} : { method: 'POST', body, headers: { 'Content-Type': 'application/fhir+json' } })).status;
    const answers = [await ask('ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender'), await ask('Patient/$validate', '{"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]}}'), await ask('Observation?code:in=http://hl7.org/fhir/ValueSet/observation-codes-none')];
    expect(answers).toEqual([200, 200, 400]);
    await server.stop();
    expect(fresh().map((text) => text.split(' ')[0])).toEqual(['110120', 'operation', 'operation', '110121']);
  });

  it('I8 records that the audit was switched off, once, and on again', async () => {
    await serveOnce({ AUDIT: 'off' });
    await serveOnce({ AUDIT: 'off' });
    expect(fresh()).toEqual([expect.stringMatching(/^110133 0 audit off/)]);
    await serveOnce({ AUDIT: 'on' });
    expect(fresh()[0]).toMatch(/^110134 0 audit on/);
  });

  it('records what the operator does to keys, apps and accounts', async () => {
    const own = join(folder, 'keys');
    const run = async (words: readonly string[]): Promise<number | null> => (await concierge(words, { env: { AUTH: 'smart', DATA_DIR: own } })).code;
    seen = 0;
    expect(await run(['keys', 'renew', '--at-once'])).toBe(0);
    expect(fresh(own)).toContain('command 0 keys renew by command keys');
    expect(await run(['client', 'revoke', '--id', 'nobody'])).toBe(1);
    expect(fresh(own)).toContain('command 8 client revoke by command client');
    seen = 0;
    fresh();
  });

  it('I10 has no account at its first start, so no password that anybody could know', async () => {
    const own = join(folder, 'first');
    const server = await startServer({ dataDir: own, env: { AUTH: 'smart' } });
    await server.stop();
    const grants = openSqliteGrants({ file: join(own, 'authorization.db'), clock: systemClock });
    expect(await grants.list({ collection: 'account', limit: 10 })).toEqual([]);
    await grants.close();
  });

  it('records commands by name: exports and backups as such, those that fail too', async () => {
    const run = (...words: string[]) => concierge(words, { env: { AUDIT: 'on', DATA_DIR: dataDir() }, cwd: folder });
    expect((await run('export', '--to', 'out')).code).toBe(0);
    expect((await run('export', '--to', 'out', '--type', 'Patient')).code).toBe(0);
    expect((await run('backup', '--to', 'copy.db')).code).toBe(0);
    expect((await run('backup', '--to', 'copy.db')).code).not.toBe(0);
    expect((await run('audit', 'verify')).code).toBe(0);
    expect(fresh()).toEqual([
      'export 0 export by command export', 'export 0 export by command export', 'backup 0 backup by command backup', 'backup 8 backup by command backup', 'audit-used 0 audit verify by command audit',
    ]);
  });

  it('removes nothing that is younger than its years, and says so', async () => {
    const run = (...words: string[]) => concierge(words, { env: { AUDIT: 'on', DATA_DIR: dataDir() }, cwd: folder });
    expect(await run('audit', 'retain')).toMatchObject({ code: 0, out: expect.stringContaining('nothing was removed') });
    expect((await run('audit', 'retain', '--before', '2200-01-01')).err).toContain('AUDIT_YEARS');
    expect((await run('audit', 'retain', '--before', 'yesterday')).code).toBe(2);
    expect(fresh().map((text) => text.slice(0, 12))).toEqual(['audit-used 0', 'audit-used 8', 'audit-used 8']);
  });

  it('records a restore in the journal that came with it', async () => {
    const restored = join(folder, 'restored');
    expect((await concierge(['restore', '--from', 'copy.db'], { env: { AUDIT: 'on', DATA_DIR: restored }, cwd: folder })).code).toBe(0);
    seen = 0;
    expect(fresh(restored).at(-1)).toBe('restore 0 from a backup by command restore');
  });
});
