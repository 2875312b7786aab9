/** What the documentation says is so: its tables are those of the program, its examples run. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/core/package-root.js';
import { startServer, type RunningServer } from '../../support/server.js';

describe('README', () => {
  it('has the commands, settings and error codes of the program', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/readme.mjs', '--check'], { cwd: packageRoot, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe('capability/', () => {
  it('is what the server says of itself', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/capability.mjs', '--check'], { cwd: packageRoot, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

const examples = readdirSync(join(packageRoot, 'examples')).filter((name) => existsSync(join(packageRoot, 'examples', name, 'index.mjs')));

describe('examples', () => {
  let server: RunningServer | undefined;
  beforeAll(async () => { server = await startServer(); });
  afterAll(async () => { await server?.stop(); });

  const runExample = (name: string): Promise<{ code: number | null; out: string; err: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [join('examples', name, 'index.mjs')], { cwd: packageRoot, env: { ...process.env, FHIR_BASE: server?.base ?? '' } });
      let [out, err] = ['', ''];
      child.stdout.on('data', (part: Buffer) => { out += part.toString('utf8'); });
      child.stderr.on('data', (part: Buffer) => { err += part.toString('utf8'); });
      child.on('close', (code) => resolve({ code, out, err }));
    });

  it.each(examples)('%s runs', async (name) => {
    expect(await runExample(name)).toEqual({ code: 0, out: expect.stringMatching(/\S/), err: '' });
  });

  it('first-session shows what it says it shows', async () => {
    const { out } = await runExample('first-session');
    expect(out).toContain('the decimal as it was sent: "value":71.10');
    expect(out).toMatch(/old ETag: 412/);
    expect(out).toContain('POST v1');
    expect(out).toMatch(/misspelt type: 404 .*Patient/);
  });

  it('load-once stores once, however often it runs', async () => {
    const { out } = await runExample('load-once');
    expect(out).toContain('patients with this number: 1');
    expect(out.match(/again|retry|another/g)?.length).toBeGreaterThan(0);
  });

  it('follow-changes sees the change and not the deleted', async () => {
    expect((await runExample('follow-changes')).out).toContain('the change and not the deleted: changed false');
  });
});
