/** `concierge import` as a process of its own: killed in the middle, and beside a running server. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/core/package-root.js';
import { startServer } from '../../support/server.js';

let folder = '';
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'import-process-')); });
afterEach(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
}
const start = (...words: string[]) => {
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'concierge.js'), ...words], { cwd: folder, env: { ...process.env, DATA_DIR: join(folder, 'store') }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.on('data', (part: Buffer) => { out += part.toString('utf8'); });
  child.stderr.on('data', (part: Buffer) => { out += part.toString('utf8'); });
  const ended = new Promise<Ended>((resolve) => child.once('exit', (code) => { resolve({ code, out }); }));
  return { child, ended };
};
const unitsEnded = async (): Promise<number> => (await readFile(join(folder, 'store', 'import.ndjson'), 'utf8').catch(() => '')).split('"unit"').length - 1;
const linesOf = async (name: string): Promise<string[]> => (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');

describe('concierge import in a process', () => {
  it('loses and doubles nothing when it is killed again and again', async () => {
    const count = 6_000;
    const patients = Array.from({ length: count }, (_, index) => JSON.stringify({ resourceType: 'Patient', identifier: [{ system: 'urn:n', value: String(index) }] }));
    await writeFile(join(folder, 'new.ndjson'), patients.join('\n'));
    let kills = 0;
    for (const reached of [1, 5, 12]) {
      const { child, ended } = start('import', 'new.ndjson');
      while (child.exitCode === null && (await unitsEnded()) < reached) await sleep(2);
      if (child.exitCode === null) kills += 1;
      child.kill('SIGKILL');
      await ended;
    }
    expect(kills).toBeGreaterThan(0);
    const last = await start('import', 'new.ndjson').ended;
    expect(last).toMatchObject({ code: 0 });
    expect(await start('export', '--to', 'out').ended).toMatchObject({ code: 0 });
    const values = (await linesOf('out/Patient.ndjson')).map((line) => (JSON.parse(line) as { identifier: [{ value: string }] }).identifier[0].value);
    expect(values.length).toBe(count);
    expect(new Set(values).size).toBe(count);
    expect((await start('import', 'new.ndjson').ended).out).toContain('Passed over: 1 file that was loaded before');
  });

  it('loads into a running server, which answers with it', async () => {
    const server = await startServer({ dataDir: join(folder, 'store') });
    try {
      await writeFile(join(folder, 'p.ndjson'), ['{"resourceType":"Patient","id":"a"}', '{"resourceType":"Patient","id":"b","gender":"none"}'].join('\n'));
      const { code, out } = await start('import', 'p.ndjson', '--report', 'refused.ndjson').ended;
      expect(out).toContain('1 resources in');
      expect(code).toBe(5);
      expect(await linesOf('refused.ndjson')).toHaveLength(1);
      expect((await fetch(`${server.base}/Patient/a`)).status).toBe(200);
      expect(await start('sample', '--patients', '1', '--today', '2026-03-02').ended).toMatchObject({ code: 0 });
      const found = await (await fetch(`${server.base}/Patient?_summary=count`)).json() as { total: number };
      expect(found.total).toBe(2);
    } finally {
      await server.stop();
    }
  });
});
