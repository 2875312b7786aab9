/** Promise 4 under kills, proofs over HTTP and `concierge audit`, on the built server and its own files. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPublicKey } from 'node:crypto';
import { isSignedBy } from '../../../src/audit/checkpoint.js';
import { isConsistent, isIncluded, leafHash } from '../../../src/audit/tree.js';
import { databaseFile } from '../../../src/store-sqlite/files.js';
import { concierge, type Ended } from '../../support/command.js';
import { call } from '../../support/http.js';
import { startServer, type RunningServer } from '../../support/server.js';

let folder = '';
let server: RunningServer | undefined;
const env = (): Record<string, string> => ({ AUDIT: 'on', DATA_DIR: join(folder, 'data'), AUDIT_CHECKPOINTS: join(folder, 'second-place') });
const run = (...words: string[]): Promise<Ended> => concierge(words, { env: env(), cwd: folder });
const start = async (): Promise<RunningServer> => (server = await startServer({ dataDir: join(folder, 'data'), env: env() }));
/** Request ids of every answer whose body has arrived. */
const answered = new Set<string>();

const ask = async (method: string, url: string, body?: unknown): Promise<{ status: number; value: Record<string, unknown> }> => {
  const { status, headers, text } = await call({ method, url, headers: { 'Content-Type': 'application/fhir+json' }, body: body === undefined ? undefined : JSON.stringify(body) });
  if (status < 300) answered.add(String(headers['x-request-id']));
  return { status, value: text === '' ? {} : JSON.parse(text) as Record<string, unknown> };
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'concierge-audit-'));
  await start();
});
afterAll(async () => {
  await server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

const kills = Number(process.env['AUDIT_KILLS'] ?? '2');

const load = async (base: string, isOver: () => boolean): Promise<void> => {
  for (let n = 0; !isOver(); n += 1) {
    try {
      if (n % 4 === 0) await ask('POST', `${base}/Observation`, { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/a' } });
      else await ask('GET', n % 4 === 1 ? `${base}/Observation?subject=Patient/a` : `${base}/Patient/a`);
    } catch {
      // The server was killed under it.
      return;
    }
  }
};

const journal = (): { number: number; text: string }[] => {
  const database = new Database(join(folder, 'data', databaseFile), { readonly: true });
  try {
    return database.prepare('SELECT number, text FROM audit ORDER BY number').all() as { number: number; text: string }[];
  } finally {
    database.close();
  }
};

interface Parameter { readonly name: string; readonly valueInteger?: number; readonly valueString?: string; readonly valueUrl?: string; readonly valueInstant?: string; readonly valueBase64Binary?: string }
const partsOf = (value: Record<string, unknown>) => {
  const parameters = value['parameter'] as Parameter[];
  const first = (name: string): string => {
    const { valueString, valueUrl, valueInstant, valueBase64Binary } = parameters.find((one) => one.name === name) ?? { name };
    return valueString ?? valueUrl ?? valueInstant ?? valueBase64Binary ?? '';
  };
  const count = (name: string): number => parameters.find((one) => one.name === name)?.valueInteger ?? -1;
  const bytes = (name: string): Buffer => Buffer.from(first(name), 'base64');
  return { first, count, bytes, hashes: parameters.filter(({ name }) => name === 'hash').map(({ valueBase64Binary = '' }) => Buffer.from(valueBase64Binary, 'base64')) };
};

describe('the journal', () => {
  it(`F9 has a record of every answer that arrived, over ${String(kills)} kills`, async () => {
    await ask('PUT', `${server?.base ?? ''}/Patient/a`, { resourceType: 'Patient', id: 'a' });
    for (let n = 0; n < kills; n += 1) {
      const { base, kill } = server ?? await start();
      const lanes = Array.from({ length: 8 }, () => load(base, () => false));
      const enough = answered.size + 20 + 7 * n;
      while (answered.size < enough) await new Promise((resolve) => { setTimeout(resolve, 5); });
      await kill();
      await Promise.all(lanes);
      await start();
    }
    const recorded = new Set(journal().map(({ text }) => (JSON.parse(text) as { requestId: string }).requestId));
    expect(answered.size).toBeGreaterThan(20);
    expect([...answered].filter((id) => !recorded.has(id))).toEqual([]);
  });

  it('is proved over HTTP: signed checkpoint, inclusion and consistency', async () => {
    const base = `${server?.base ?? ''}/AuditEvent`;
    const before = partsOf((await ask('GET', `${base}/$checkpoint`)).value);
    await ask('GET', `${server?.base ?? ''}/Patient/a`);
    const now = partsOf((await ask('GET', `${base}/$consistency-proof?from=${String(before.count('size'))}`)).value);
    expect(now.count('size')).toBeGreaterThan(before.count('size'));
    expect(isConsistent({ old: { size: before.count('size'), root: before.bytes('root') }, now: { size: now.count('size'), root: now.bytes('root') }, proof: now.hashes })).toBe(true);
    const proof = partsOf((await ask('GET', `${base}/$inclusion-proof?number=3`)).value);
    const text = proof.bytes('record').toString('utf8');
    expect(text).toBe(journal()[2]?.text);
    expect(isIncluded({ leaf: leafHash(text), index: 2, size: proof.count('treeSize'), proof: proof.hashes, root: proof.bytes('root') })).toBe(true);
    const { first, count } = before;
    const checkpoint = { kind: 'tree', origin: first('origin'), size: count('size'), root: first('root'), time: first('time'), key: first('key'), signature: first('signature') } as const;
    expect(isSignedBy(checkpoint, createPublicKey(first('publicKey')))).toBe(true);
    expect(isSignedBy({ ...checkpoint, size: checkpoint.size + 1 }, createPublicKey(first('publicKey')))).toBe(false);
    expect((await ask('GET', `${base}/$inclusion-proof?number=0`)).status).toBe(400);
    expect((await ask('GET', `${base}/$consistency-proof?from=99999999`)).status).toBe(400);
  });

  it('I7 is verified by command, beside the server and without it, and against a copy of the checkpoints', async () => {
    const beside = await run('audit', 'verify');
    expect(beside).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+ records verified; checkpoints vouch for the first \d+\.\n$/) });
    expect(JSON.parse((await run('audit', 'checkpoint', '--json')).out)).toMatchObject({ kind: 'tree' });
    await server?.stop();
    server = undefined;
    copyFileSync(join(folder, 'second-place'), join(folder, 'elsewhere'));
    expect((await run('audit', 'verify', '--from', 'elsewhere')).code).toBe(0);
    const database = new Database(join(folder, 'data', databaseFile));
    database.prepare("UPDATE audit SET text = text || ' ' WHERE number = 5").run();
    database.close();
    const changed = await run('audit', 'verify', '--from', 'elsewhere');
    expect(changed).toMatchObject({ code: 5, out: expect.stringMatching(/^Record 5: /) });
    expect((await run('audit', 'verify')).code).toBe(5);
    expect((await run('audit', 'forget')).code).toBe(2);
    expect((await run('audit', 'verify', '--from', 'nowhere')).code).not.toBe(0);
  });

  it('cannot be switched off where people sign in', async () => {
    const { code, err } = await concierge(['serve'], { env: { AUTH: 'smart', AUDIT: 'off', DATA_DIR: join(folder, 'other') } });
    expect(code).not.toBe(0);
    expect(err).toContain('AUDIT=off is for AUTH=open alone');
  });
});
