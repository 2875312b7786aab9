/** Commands as their operator runs them: beside a running server and without one, with the same result. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { concierge, type Ended } from '../../support/command.js';
import { call } from '../../support/http.js';
import { startServer, type RunningServer } from '../../support/server.js';

let folder = '';
let server: RunningServer | undefined;
const at = (name: string): string => join(folder, name);
const dataDir = (): string => at('data');
const run = (...words: string[]): Promise<Ended> => concierge(words, { env: { DATA_DIR: dataDir() }, cwd: folder });
const start = async (): Promise<RunningServer> => (server = await startServer({ dataDir: dataDir() }));
const stop = async (): Promise<void> => { await server?.stop(); server = undefined; };

const texts = [
  '{"resourceType":"Patient","id":"p1","name":[{"family":"Weiß"}]}',
  '{"resourceType":"Patient","id":"p2","active":true}',
  '{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10}}',
];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'concierge-commands-'));
  const { base } = await start();
  for (const body of texts) {
    const { resourceType, id } = JSON.parse(body) as { resourceType: string; id: string };
    const { status } = await call({ method: 'PUT', url: `${base}/${resourceType}/${id}`, headers: { 'Content-Type': 'application/fhir+json' }, body });
    expect(status).toBe(201);
  }
});
afterAll(async () => {
  await server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(['beside a running server', 'without a server'])('%s', (where) => {
  const beside = where.startsWith('beside');
  const name = beside ? 'beside' : 'alone';
  beforeAll(async () => { if (beside) { if (server === undefined) await start(); } else await stop(); });

  it('export writes the texts as they are stored, for their owner alone', async () => {
    const { code, out } = await run('export', '--to', name, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ folder: at(name), resources: 3, types: { Observation: 1, Patient: 2 } });
    expect(readdirSync(at(name)).sort()).toEqual(['Observation.ndjson', 'Patient.ndjson']);
    expect(readFileSync(join(at(name), 'Observation.ndjson'), 'utf8')).toMatch(/^\{.*"value":1\.10.*\}\n$/);
    expect(readFileSync(join(at(name), 'Patient.ndjson'), 'utf8').trimEnd().split('\n').map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['p1', 'p2']);
    expect(statSync(join(at(name), 'Patient.ndjson')).mode & 0o077).toBe(0);
  });

  it('export takes types, and mixes with nothing', async () => {
    expect(JSON.parse((await run('export', '--to', `${name}-some`, '--type', 'Patient', '--json')).out)).toMatchObject({ resources: 2 });
    expect(await run('export', '--to', name)).toMatchObject({ code: 1, err: expect.stringContaining('is not empty') });
    expect(await run('export', '--to', `${name}-none`, '--type', 'Patiant')).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean Patient?') });
  });

  it('reindex makes the index anew and finds it as it should be', async () => {
    expect(await run('reindex')).toMatchObject({ code: 0, out: '3 resources indexed anew.\n' });
    expect(JSON.parse((await run('reindex', '--check', '--json')).out)).toEqual({ resources: 3, faulty: 0, faults: [] });
  });

  it('backup writes one file for its owner alone, and none over another', async () => {
    const { code, out } = await run('backup', '--to', `${name}.backup`, '--json');
    expect(code).toBe(0);
    expect((JSON.parse(out) as { bytes: number }).bytes).toBe(statSync(at(`${name}.backup`)).size);
    expect(statSync(at(`${name}.backup`)).mode & 0o077).toBe(0);
    expect(await run('backup', '--to', `${name}.backup`)).toMatchObject({ code: 1, err: expect.stringContaining('exists') });
  });
});

describe('restore', () => {
  const restore = (data: string, ...words: string[]): Promise<Ended> => concierge(['restore', ...words], { env: { DATA_DIR: at(data) }, cwd: folder });

  it('is refused while a server runs', async () => {
    await start();
    expect(await restore('data', '--from', 'beside.backup', '--force')).toMatchObject({ code: 3, err: expect.stringContaining('in use') });
    await stop();
  });

  it('brings back what the backup holds, checked', async () => {
    expect(JSON.parse((await restore('again', '--from', 'beside.backup', '--json')).out)).toMatchObject({ resources: 3, versions: 3 });
    const other = await startServer({ dataDir: at('again') });
    expect((await call({ method: 'GET', url: `${other.base}/Observation/o1` })).text).toContain('"value":1.10');
    expect(JSON.parse((await call({ method: 'GET', url: `${other.base}/Patient?family=wei%C3%9F&_summary=count` })).text)).toMatchObject({ total: 1 });
    await other.stop();
  });

  it('replaces a store only by --force, and keeps what it replaces', async () => {
    expect(await restore('again', '--from', 'alone.backup')).toMatchObject({ code: 1, err: expect.stringContaining('--force') });
    const states = join(at('again'), 'search-parameters.json');
    writeFileSync(states, '{"http://example.org/SearchParameter/a":{"fingerprint":"f","done":true}}');
    const forced = JSON.parse((await restore('again', '--from', 'alone.backup', '--force', '--json')).out) as { replaced: string };
    expect(existsSync(join(forced.replaced, 'store.db'))).toBe(true);
    // That an index is whole was said of the store that is gone.
    expect(existsSync(states)).toBe(false);
  });

  it('takes no file that is damaged, cut or something else, and changes nothing then', async () => {
    const good = readFileSync(at('alone.backup'));
    const damaged = Buffer.from(good);
    damaged.fill(0x5a, Math.floor(good.length / 2), Math.floor(good.length / 2) + 9_000);
    writeFileSync(at('damaged'), damaged);
    writeFileSync(at('cut'), good.subarray(0, good.length / 2));
    writeFileSync(at('other'), 'no database at all');
    for (const name of ['damaged', 'cut', 'other', 'absent']) expect([name, (await restore('fresh', '--from', name)).code]).toEqual([name, 1]);
    expect(readdirSync(at('fresh')).filter((name) => name.startsWith('store') || name.startsWith('restore'))).toEqual([]);
  });
});

describe('every process', () => {
  it('has a store in turn: commands that come together all run', async () => {
    const ended = await Promise.all([run('reindex', '--check'), run('reindex', '--check'), run('reindex')]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
  });

  it('names what is misspelt and ends with 2', async () => {
    expect(await run('bakcup')).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean "backup"?') });
    expect(await run('backup', '--too', 'x')).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean --to?') });
    expect(await run('backup')).toMatchObject({ code: 2, err: expect.stringContaining('--to FILE is needed') });
    expect(await run()).toMatchObject({ code: 2, out: expect.stringContaining('backup') });
  });

  it('shows the settings it has, without secrets', async () => {
    const secret = 'a secret that is long enough to be one';
    const { out } = await concierge(['settings', '--json'], { env: { PAGE_SECRET: secret, PORT: '81' } });
    expect(JSON.parse(out)).toMatchObject({ PORT: 81, PAGE_SECRET: '(hidden)' });
    expect(out).not.toContain(secret);
  });
});
