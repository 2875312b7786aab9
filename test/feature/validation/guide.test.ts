/** A guide added by the command is known to the server, whether it starts later or runs already: profiles, and the codes they bind to. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/core/package-root.js';
import { packageOf, smallGuide, strictPatient } from '../../fixture/package.js';
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

describe('a server that runs', () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    writeFileSync(join(folder, 'guide.tgz'), await smallGuide());
    server = await startServer({ dataDir: join(folder, 'data'), env: { PROFILES: 'enforce' } });
  });
  afterAll(() => server.stop());

  const headers = { 'content-type': 'application/fhir+json' };
  const create = async (body: object): Promise<number> => (await fetch(`${server.base}/Patient`, { method: 'POST', headers, body: JSON.stringify({ resourceType: 'Patient', meta: { profile: [strictPatient.url] }, ...body }) })).status;
  const findings = async (profile: string, body: object = {}): Promise<string> => (await fetch(`${server.base}/Patient/$validate?profile=${profile}`, { method: 'POST', headers, body: JSON.stringify({ resourceType: 'Patient', ...body }) })).text();
  const expand = async (): Promise<number> => (await fetch(`${server.base}/ValueSet/$expand?url=http://example.org/ValueSet/states`)).status;

  it('knows a guide once it is added, and not any more once it is removed', async () => {
    expect([await create({}), await expand()]).toEqual([201, 404]);
    expect(await findings(strictPatient.url)).toContain('is not known here');
    expect(command('add', 'guide.tgz')).toMatchObject({ status: 0, out: expect.stringContaining('read its guides anew: 1') });
    expect([await create({}), await create({ birthDate: '2000', maritalStatus: { coding: [{ system: 'http://example.org/CodeSystem/states', code: 'm' }] } }), await expand()]).toEqual([422, 201, 200]);
    expect(command('reload')).toMatchObject({ status: 0, out: expect.stringContaining('anew: 1') });
    expect(command('remove', 'example.guide', '1.0.0')).toMatchObject({ status: 0, out: expect.stringContaining('anew: 0') });
    expect([await create({}), await expand()]).toEqual([201, 404]);
  });

  it('knows profiles that are stored, after those of guides', async () => {
    const stored = { ...strictPatient, status: 'active', abstract: false, version: '9.0.0', differential: { element: [{ id: 'Patient.telecom', path: 'Patient.telecom', min: 1 }] } };
    const put = async (body: object): Promise<Response> => fetch(`${server.base}/StructureDefinition/stored`, { method: 'PUT', headers, body: JSON.stringify({ ...body, id: 'stored' }) });
    expect((await put(stored)).status).toBe(201);
    expect(await findings(strictPatient.url)).toContain('Patient.telecom: is missing');
    expect((await put({ ...stored, differential: { element: [{ id: 'Patient.photo', path: 'Patient.photo', min: 1 }] } })).status).toBe(200);
    expect(await findings(strictPatient.url)).toContain('Patient.photo: is missing');
    command('add', 'guide.tgz');
    expect(await findings(strictPatient.url)).toContain('Patient.birthDate: is missing');
    expect(await findings(`${strictPatient.url}|9.0.0`)).toContain('Patient.photo: is missing');
    command('remove', 'example.guide', '1.0.0');
    await fetch(`${server.base}/StructureDefinition/stored`, { method: 'DELETE' });
    expect(await findings(strictPatient.url)).toContain('is not known here');
  });

  it('keeps two versions of a guide apart: a profile binds to the value set of its own', async () => {
    const version = (number: string, code: string): Promise<Buffer> => packageOf({
      'package/package.json': { name: 'example.two', version: number, fhirVersions: ['4.0.1'] },
      'package/a.json': { ...strictPatient, url: 'http://example.org/two', version: number, differential: { element: [{ id: 'Patient.maritalStatus', path: 'Patient.maritalStatus', binding: { strength: 'required', valueSet: 'http://example.org/two-states' } }] } },
      'package/b.json': { resourceType: 'CodeSystem', url: 'http://example.org/two-codes', version: number, status: 'active', content: 'complete', concept: [{ code }] },
      'package/c.json': { resourceType: 'ValueSet', url: 'http://example.org/two-states', version: number, status: 'active', compose: { include: [{ system: 'http://example.org/two-codes' }] } },
    });
    for (const [number, code] of [['1.10.0', 'new'], ['1.9.0', 'old']] as const) {
      writeFileSync(join(folder, 'two.tgz'), await version(number, code));
      expect(command('add', 'two.tgz').status).toBe(0);
    }
    const married = (code: string): object => ({ maritalStatus: { coding: [{ system: 'http://example.org/two-codes', code }] } });
    const isRight = async (profile: string, code: string): Promise<boolean> => !(await findings(profile, married(code))).includes('is not in http://example.org/two-states');
    expect([await isRight('http://example.org/two|1.9.0', 'old'), await isRight('http://example.org/two|1.9.0', 'new')]).toEqual([true, false]);
    expect([await isRight('http://example.org/two|1.10.0', 'old'), await isRight('http://example.org/two|1.10.0', 'new')]).toEqual([false, true]);
    expect([await isRight('http://example.org/two', 'old'), await isRight('http://example.org/two', 'new')]).toEqual([false, true]);
    const expansion = await (await fetch(`${server.base}/ValueSet/$expand?url=http://example.org/two-states`)).text();
    expect([expansion.includes('"new"'), expansion.includes('"old"')]).toEqual([true, false]);
  });
});
