/** $validate and the validation of writes, as a client sees them (https://hl7.org/fhir/R4/resource-operation-validate.html). */
import { describe, expect, it } from '@jest/globals';
import { FhirError, type Issue } from '../../../src/core/error.js';
import { systemClock } from '../../../src/core/clock.js';
import { makeProfileLibrary } from '../../../src/fhir/profile/library.js';
import { slimProfile } from '../../../src/fhir/profile/slim.js';
import type { Service } from '../../../src/interaction/service.js';
import { makeValidateOperation } from '../../../src/operation/validate.js';
import { makeProfileValidator } from '../../../src/validation/profile/validator.js';
import { makeValidator } from '../../../src/validation/validator.js';
import { makeWriteValidator, type WriteValidatorOptions } from '../../../src/validation/write.js';
import { makeMemoryStore } from '../../fixture/memory-store.js';
import { strictPatient } from '../../fixture/package.js';
import { call, makeService } from '../../fixture/service.js';

const base = makeValidator();
const library = makeProfileLibrary([slimProfile(strictPatient)].filter((profile) => profile !== undefined));

const serviceWith = (mode: WriteValidatorOptions['mode'] = 'report', unknownModifiers: WriteValidatorOptions['unknownModifiers'] = 'report', terminology?: Parameters<typeof makeProfileValidator>[0]['terminology']): Service => {
  const profiles = makeProfileValidator({ library, unknownModifiers, terminology });
  const operation = makeValidateOperation({ base, profiles, knows: (canonical) => canonical.endsWith('/Patient') || library.find(canonical) !== undefined });
  return { ...makeService(makeMemoryStore(systemClock), { referentialIntegrity: 'enforce' }), operations: new Map([['validate', operation]]), validate: makeWriteValidator({ base, profiles, mode, unknownModifiers }) };
};
const service = serviceWith();
const validate = async (url: string, body?: unknown, method = 'POST', on = service): Promise<readonly Issue[]> => {
  const answer = await call(on, { method, url, ...(body === undefined ? {} : { body }) });
  expect(answer.status).toBe(200);
  return answer.issues ?? [];
};
const brief = (issues: readonly Issue[]): string[] => issues.map(({ severity, expression, diagnostics }) => `${severity} ${expression ?? ''} ${diagnostics}`);
const errors = (issues: readonly Issue[]): string[] => issues.filter(({ severity }) => severity === 'error').map(({ expression }) => expression ?? '');
const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' };
const patient = (more: object = {}): object => ({ resourceType: 'Patient', text, ...more });
const url = strictPatient.url;

describe('$validate', () => {
  it('answers 200 with every finding, and stores nothing', async () => {
    expect(await validate('Patient/$validate', patient())).toMatchObject([{ severity: 'information', code: 'informational' }]);
    const found = await validate('Patient/$validate', { resourceType: 'Patient', gender: 'm', birthDate: '2024-02-31', contact: [{}], nam: [] });
    expect(errors(found).sort()).toEqual(['Patient.birthDate', 'Patient.contact[0]', 'Patient.gender', 'Patient.nam']);
    expect((await call(service, { method: 'GET', url: 'Patient?_summary=count' })).body).toContain('"total":0');
  });

  it('takes the resource alone or in Parameters, and says where in the text it stands', async () => {
    const parameters = { resourceType: 'Parameters', parameter: [{ name: 'mode', valueCode: 'create' }, { name: 'resource', resource: { resourceType: 'Patient', contact: [{ gender: 'x', name: { text: 'a' } }] } }] };
    for (const body of [{ resourceType: 'Patient', contact: [{ gender: 'x', name: { text: 'a' } }] }, parameters]) {
      const pretty = JSON.stringify(body, null, 2);
      const issue = (await validate('Patient/$validate', pretty)).find(({ severity }) => severity === 'error');
      const [, line = '', column = ''] = /line (\d+), column (\d+)/.exec(issue?.location ?? '') ?? [];
      expect(pretty.split('\n')[Number(line) - 1]?.slice(Number(column) - 1)).toMatch(/^"x"/);
      expect(issue?.expression).toBe('Patient.contact[0].gender');
    }
  });

  it('checks against the profile asked for, and says when it is not known', async () => {
    expect(errors(await validate(`Patient/$validate?profile=${url}`, patient()))).toEqual(['Patient.birthDate']);
    expect(errors(await validate(`Patient/$validate?profile=${url}|1.0.0`, patient({ birthDate: '2000' })))).toEqual([]);
    expect(brief(await validate('Patient/$validate?profile=http://nowhere', patient()))).toEqual([expect.stringContaining('The profile http://nowhere is not known here')]);
    expect(errors(await validate('Patient/$validate?profile=http://hl7.org/fhir/StructureDefinition/Patient', patient()))).toEqual([]);
  });

  it('tells absent must-support elements where asked', async () => {
    const found = await validate(`Patient/$validate?profile=${url}&mustSupport=true`, patient({ birthDate: '2000' }));
    expect(brief(found)).toEqual([expect.stringContaining('information Patient.telecom')]);
  });

  it('says of a resource of another type that it is one', async () => {
    expect(errors(await validate('Patient/$validate', { resourceType: 'Basic', code: { text: 'a' }, text }))).toEqual(['resourceType']);
  });

  it('asks a terminology that answers later', async () => {
    const slow = serviceWith('report', 'report', { validateCode: async ({ code }) => ({ result: code === 'm' ? 'in' : 'out' }) });
    const married = (code: string): object => patient({ birthDate: '2000', maritalStatus: { coding: [{ code }] } });
    expect(errors(await validate(`Patient/$validate?profile=${url}`, married('m'), 'POST', slow))).toEqual([]);
    expect(errors(await validate(`Patient/$validate?profile=${url}`, married('x'), 'POST', slow))).toEqual(['Patient.maritalStatus']);
  });

  it('judges what create, update and delete would say', async () => {
    await call(service, { method: 'PUT', url: 'Patient/kept', body: patient({ id: 'kept' }) });
    await call(service, { method: 'PUT', url: 'Observation/o', body: { resourceType: 'Observation', id: 'o', status: 'final', code: { text: 'a' }, subject: { reference: 'Patient/kept' } } });
    expect(brief(await validate('Patient/$validate?mode=create', patient({ id: 'x' })))).toEqual([expect.stringContaining('information Patient.id')]);
    expect(errors(await validate('Patient/$validate?mode=update', patient()))).toEqual(['Patient.id']);
    expect(errors(await validate('Patient/kept/$validate?mode=update', patient({ id: 'other' })))).toEqual(['Patient.id']);
    expect(errors(await validate('Patient/kept/$validate?mode=update', patient({ id: 'kept' })))).toEqual([]);
    expect(brief(await validate('Patient/kept/$validate?mode=delete', undefined, 'GET'))).toEqual([expect.stringContaining('Other resources refer')]);
    expect(errors(await validate('Patient/none/$validate?mode=delete', undefined, 'GET'))).toEqual(['Patient.id']);
    expect(errors(await validate('Observation/o/$validate?mode=delete', undefined, 'GET'))).toEqual([]);
    expect(errors(await validate(`Patient/kept/$validate?profile=${url}`, undefined, 'GET'))).toEqual(['Patient.birthDate']);
  });

  it.each([
    ['POST', 'Patient/$validate?mode=sometime', patient(), 'invalid-parameter'], ['POST', 'Patient/$validate', undefined, 'empty-body'], ['GET', 'Patient/none/$validate', undefined, 'not-found'],
    ['POST', 'Patient/$validate', '{"resourceType":"Patient"', 'malformed-json'], ['POST', 'Patient/$validate?profil=x', patient(), 'unknown-parameter'],
  ])('%s %s: what cannot be read is an error of its own', async (method, path, body, code) => {
    const asked = call(service, { method, url: path, ...(body === undefined ? {} : { body }) });
    await expect(asked).rejects.toBeInstanceOf(FhirError);
    await expect(asked).rejects.toMatchObject({ code });
  });
});

describe('a write of a resource that claims a profile it does not meet', () => {
  const claiming = patient({ meta: { profile: [url] } });
  const create = (mode: WriteValidatorOptions['mode'], body: object = claiming): ReturnType<typeof call> => call(serviceWith(mode), { method: 'POST', url: 'Patient', body, prefer: { return: 'OperationOutcome' } });

  it('is told, refused, or not looked at, as set', async () => {
    expect(brief((await create('report')).issues ?? [])).toEqual([expect.stringContaining('stored'), expect.stringContaining('warning Patient.birthDate')]);
    expect(brief((await create('off')).issues ?? [])).toHaveLength(1);
    await expect(create('enforce')).rejects.toMatchObject({ code: 'invalid-resource', status: 422 });
    expect((await create('enforce', patient({ meta: { profile: [url] }, birthDate: '2000' }))).status).toBe(201);
  });

  it('is refused inside of a transaction, at its entry', async () => {
    const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [{ resource: patient(), request: { method: 'POST', url: 'Patient' } }, { resource: claiming, request: { method: 'POST', url: 'Patient' } }] };
    const refused = call(serviceWith('enforce'), { method: 'POST', url: '', body: bundle });
    await expect(refused).rejects.toMatchObject({ code: 'invalid-resource' });
    await expect(refused.catch((error: unknown) => (error as FhirError).issues[0]?.expression)).resolves.toBe('Bundle.entry[1].resource.birthDate');
  });

  it('an unknown modifier extension refuses where so set, whatever is said of profiles', async () => {
    const body = patient({ modifierExtension: [{ url: 'http://x/y', valueBoolean: true }] });
    for (const mode of ['off', 'report', 'enforce'] as const) {
      await expect(call(serviceWith(mode, 'refuse'), { method: 'POST', url: 'Patient', body })).rejects.toMatchObject({ code: 'invalid-resource' });
      expect((await call(serviceWith(mode), { method: 'POST', url: 'Patient', body })).status).toBe(201);
    }
  });
});
