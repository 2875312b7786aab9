/** `concierge import` and `concierge sample` as they are typed, on a store that is open in the test. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemViewer } from '../../../src/access/viewer.js';
import type { Progress } from '../../../src/cli/command.js';
import { commands } from '../../../src/cli/commands.js';
import { run } from '../../../src/cli/run.js';
import { systemClock } from '../../../src/core/clock.js';
import type { Service } from '../../../src/interaction/service.js';
import { clinicResources } from '../../../src/sample/generate.js';
import { makeValidator } from '../../../src/validation/validator.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { makeService } from '../../fixture/service.js';

const validate = makeValidator();
const clinic = ['--patients', '2', '--seed', '5', '--today', '2026-03-02'];
let folder = '';
let service: Service;
const before = process.env['DATA_DIR'];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-command-'));
  process.env['DATA_DIR'] = folder;
  service = { ...makeService(makeMemoryStore(systemClock)), validate };
});
afterEach(async () => {
  if (before === undefined) delete process.env['DATA_DIR'];
  else process.env['DATA_DIR'] = before;
  await rm(folder, { recursive: true });
});

const typeWith = async (input: AsyncIterable<Uint8Array> | undefined, words: readonly string[]): Promise<{ code: number; out: string; said: string; progress: Progress[] }> => {
  const [out, said, progress]: [string[], string[], Progress[]] = [[], [], []];
  const code = await run(words, {
    commands, cwd: folder, input, signal: new AbortController().signal,
    report: (one) => { progress.push(one); }, write: async (text) => { out.push(text); }, say: (line) => { said.push(line); },
    withStore: (command, _, call) => command.run(call, { service, viewer: systemViewer(command.name), authorization: () => Promise.reject(new Error('not asked for')), audit: () => Promise.reject(new Error('not asked for')), reloadGuides: () => Promise.reject(new Error('not asked for')), moving: () => { throw new Error('not asked for'); }, isServing: false }),
  });
  return { code, out: out.join(''), said: said.join('\n'), progress };
};
const type = (...words: string[]) => typeWith(undefined, words);
const versions = async (): Promise<number> => (await service.store.statistics()).versions;

describe('concierge import', () => {
  it('says what was loaded by type, and ends with 0', async () => {
    await writeFile(join(folder, 'clinic.ndjson'), [...clinicResources({ patients: 1, seed: 1, today: '2026-03-02' })].map(({ text }) => text).join('\n'));
    await writeFile(join(folder, 'README.txt'), 'about the data');
    const { code, out, progress } = await type('import', '.');
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+ resources in [\d.]+ s \(\d+\/s\)\n +created\n/);
    expect(out).toMatch(/\n {2}Patient +1\n/);
    expect(out).toContain('Left out, not named like FHIR JSON: README.txt');
    expect(progress.at(-1)).toMatchObject({ what: 'resources', share: 1 });
    expect((await type('import', 'clinic.ndjson')).out).toContain('Passed over: 1 file that was loaded before');
  });

  it('ends with 5 when something was refused, names it, and writes the whole report', async () => {
    await writeFile(join(folder, 'p.ndjson'), ['{"resourceType":"Patient","id":"a"}', '{"resourceType":"Patient","id":"b","gender":"none"}', '{"resourceType":'].join('\n'));
    const { code, out } = await type('import', 'p.ndjson', '--report', 'refused.ndjson');
    expect(code).toBe(5);
    expect(out).toMatch(/p\.ndjson, line 2: Patient\/b invalid-resource: (Patient\.)?gender: /);
    expect(out).toMatch(/p\.ndjson, line 3: malformed-json: Column 17 /);
    const lines = (await readFile(join(folder, 'refused.ndjson'), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as { line: number; outcome: object });
    expect(lines.map(({ line }) => line).sort()).toEqual([2, 3]);
    expect(lines[0]?.outcome).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ severity: 'error' }] });
    expect((await stat(join(folder, 'refused.ndjson'))).mode & 0o777).toBe(0o600);
  });

  it('says the same as JSON', async () => {
    await writeFile(join(folder, 'p.json'), '{"resourceType":"Patient","id":"a"}');
    const { code, out } = await type('import', 'p.json', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ created: 1, refused: 0, byType: { Patient: { created: 1 } }, refusals: 0, passed: 0, leftOut: [] });
  });

  it('reads standard input where there is one', async () => {
    const lines = '{"resourceType":"Patient","id":"a"}\n{"resourceType":"Patient","id":"b"}';
    expect(await typeWith(Readable.from([gzipSync(lines)]), ['import', '-'])).toMatchObject({ code: 0, out: expect.stringContaining('2 resources in') });
    expect(await type('import', '-')).toMatchObject({ code: 1, said: expect.stringContaining('write it to a file') });
  });

  it('does nothing on a wrong command line', async () => {
    expect(await type('import')).toMatchObject({ code: 2, said: expect.stringContaining('Say what to import') });
    expect(await type('import', 'nothing.json')).toMatchObject({ code: 2, said: 'There is no file or folder nothing.json.' });
    expect(await type('import', '*.csv')).toMatchObject({ code: 2, said: 'No file matches *.csv.' });
    expect(await type('import', '.', '--parallel', '0')).toMatchObject({ code: 2 });
    expect(await type('import', '.', '--repot', 'x')).toMatchObject({ code: 2, said: expect.stringContaining('--report') });
    expect(await versions()).toBe(0);
  });
});

describe('concierge sample', () => {
  it('loads the clinic it makes, the same again without new resources', async () => {
    const first = await type('sample', ...clinic);
    expect([first.code, first.progress.at(-1)]).toEqual([0, { what: 'patients', done: 2, total: 2 }]);
    const { created } = JSON.parse((await type('sample', ...clinic, '--json')).out) as { created: number };
    expect(created).toBe(0);
    const { resources } = JSON.parse((await type('sample', ...clinic, '--to', 'x.ndjson', '--json')).out) as { resources: number };
    expect(first.out).toContain(`${String(resources)} resources in`);
  });

  it('writes the same bytes for the same options, packed by name, and what import reads', async () => {
    await type('sample', ...clinic, '--to', 'a.ndjson');
    await type('sample', ...clinic, '--to', 'b.ndjson.gz');
    const { out } = await type('sample', ...clinic, '--to', '-');
    const plain = await readFile(join(folder, 'a.ndjson'), 'utf8');
    expect(gunzipSync(await readFile(join(folder, 'b.ndjson.gz'))).toString('utf8') === plain && out === plain).toBe(true);
    expect(await versions()).toBe(0);
    const { code } = await type('import', 'b.ndjson.gz');
    expect([code, await versions()]).toEqual([0, plain.trimEnd().split('\n').length]);
  });

  it('refuses options that are no clinic', async () => {
    expect(await type('sample', '--patients', 'many')).toMatchObject({ code: 2, said: expect.stringContaining('--patients must be a whole number') });
    expect(await type('sample', '--today', 'yesterday')).toMatchObject({ code: 2, said: expect.stringContaining('YYYY-MM-DD') });
  });
});
