/** A guide added by the command is known to the server that starts after it: profiles, and the codes they bind to. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/core/package-root.js';
import { smallGuide, strictPatient } from '../../fixture/package.js';
import { startServer } from '../../support/server.js';

const folder = mkdtempSync(join(tmpdir(), 'concierge-guide-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const command = (...words: string[]): { readonly status: number | null; readonly out: string; readonly err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(packageRoot, 'bin', 'concierge.js'), 'ig', ...words], { cwd: folder, encoding: 'utf8', env: { ...process.env, DATA_DIR: join(folder, 'data') } });
  return { status, out: stdout, err: stderr };
};

it('is added, listed, used and removed', async () => {
  writeFileSync(join(folder, 'guide.tgz'), await smallGuide());
  writeFileSync(join(folder, 'bad.tgz'), 'not a package');
  expect(command('add', 'guide.tgz')).toMatchObject({ status: 0, out: expect.stringContaining('example.guide 1.0.0: 1 profiles') });
  expect(command('add', 'bad.tgz')).toMatchObject({ status: 5, err: expect.stringContaining('no gzipped tar archive') });
  expect(command('add', 'absent.tgz')).toMatchObject({ status: 1 });
  expect(command('list').out).toContain('example.guide 1.0.0');

  const server = await startServer({ dataDir: join(folder, 'data'), env: { PROFILES: 'enforce' } });
  try {
    const put = (body: object): Promise<Response> => fetch(`${server.base}/Patient`, { method: 'POST', headers: { 'content-type': 'application/fhir+json' }, body: JSON.stringify({ resourceType: 'Patient', meta: { profile: [strictPatient.url] }, ...body }) });
    const married = (code: string): object => ({ birthDate: '2000', maritalStatus: { coding: [{ system: 'http://example.org/CodeSystem/states', code }] } });
    expect((await put({})).status).toBe(422);
    expect((await put(married('m'))).status).toBe(201);
    const refused = await put(married('x'));
    expect(refused.status).toBe(422);
    expect(JSON.stringify(await refused.json())).toContain('Patient.maritalStatus');
    const { rest } = (await (await fetch(`${server.base}/metadata`)).json()) as { rest: { resource: { type: string; operation?: { name: string }[] }[] }[] };
    expect(rest[0]?.resource.find(({ type }) => type === 'Patient')?.operation?.map(({ name }) => name)).toContain('validate');
  } finally {
    await server.stop();
  }
  expect(command('remove', 'example.guide', '1.0.0')).toMatchObject({ status: 0 });
  expect(command('remove', 'example.guide', '1.0.0')).toMatchObject({ status: 1 });
  expect(command('list').out).toContain('No guide is kept');
});
