/** Constraints of guides: those beyond the compiled part of FHIRPath are evaluated elsewhere, none can hold the server, and what cannot be checked is said. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Issue } from '../../../../src/core/error.js';
import { constraintWorkers, makePathWorkers } from '../../../../src/fhir/fhirpath-worker.js';
import { makeProfileLibrary } from '../../../../src/fhir/profile/library.js';
import { slimProfile } from '../../../../src/fhir/profile/slim.js';
import { makeProfileValidator } from '../../../../src/validation/profile/validator.js';

const workers = makePathWorkers({ threads: 1, timeBox: 250, waiting: 4 });
// A thread that loads the library while others work is no measure of anything.
beforeAll(() => workers.judge({ groups: [] }));
afterAll(async () => {
  await workers.close();
  await constraintWorkers().close();
});

const url = 'http://example.org/StructureDefinition/ruled';
const core = 'http://hl7.org/fhir/StructureDefinition/';
interface Rule { readonly path?: string; readonly expression: string; readonly severity?: string; readonly key?: string }

const validatorFor = (rules: readonly Rule[], type = 'Patient', slicing: readonly object[] = []): ((resource: Readonly<Record<string, unknown>>) => Promise<Issue[]>) => {
  const elements = rules.map(({ path = type, expression, severity = 'error', key }, index) => ({ id: path, path, constraint: [{ key: key ?? `u-${String(index)}`, severity, human: 'A rule.', expression }] }));
  const profile = slimProfile({ resourceType: 'StructureDefinition', url, type, kind: 'resource', derivation: 'constraint', baseDefinition: `${core}${type}`, differential: { element: [{ id: type, path: type }, ...elements, ...slicing] } });
  const validate = makeProfileValidator({ library: makeProfileLibrary(profile === undefined ? [] : [profile]), unknownModifiers: 'report', judgeElsewhere: (task) => workers.judge(task) });
  return async (resource) => validate(resource, { profiles: [url] });
};
const brief = (issues: readonly Issue[]): string[] => issues.map(({ severity, code, expression, diagnostics }) => `${severity} ${code} ${expression ?? ''}: ${diagnostics}`);

const patient = { resourceType: 'Patient', id: 'p', birthDate: '2000-01-02', name: [{ family: 'Muster', given: ['A', 'B'] }, { family: 'Other', given: ['C'] }], contained: [{ resourceType: 'Organization', id: 'o', name: 'Clinic' }], managingOrganization: { reference: '#o' } };

describe('a constraint beyond the compiled part of FHIRPath', () => {
  it.each<[string, string | undefined, string, boolean]>([
    ['on the resource', undefined, "name.given.join('') = 'ABC'", true], ['that is broken', undefined, "name.given.join('') = 'AB'", false],
    ['on an element', 'Patient.name', 'given.aggregate($total + 1, 0) > 0', true], ['that one of several elements breaks', 'Patient.name', 'given.aggregate($total + 1, 0) > 1', false],
    ['on a primitive', 'Patient.birthDate', "$this.toString().split('-').count() = 3", true], ['with %resource', 'Patient.name', "%resource.birthDate.toString().split('-').count() = 3", true],
    ['with %context', 'Patient.name', "given.select(%context.family.toChars()).exists()", true], ['with %rootResource', 'Patient.contained', "%rootResource.name.family.join('') = 'MusterOther'", true],
    ['that follows a reference', undefined, "managingOrganization.resolve().name.toChars().count() = 6", true], ['with an empty result', undefined, "telecom.value.toChars()", false],
    ['with a pattern of the library', undefined, "name.first().family.matches('(?=M)Mus(ter)+')", true],
  ])('%s', async (_, path, expression, met) => {
    const issues = await validatorFor([{ expression, ...(path === undefined ? {} : { path }) }])(patient);
    expect(issues.filter(({ severity }) => severity === 'error')).toHaveLength(met ? 0 : 1);
    expect(issues.filter(({ code }) => code === 'not-supported')).toEqual([]);
    if (!met) expect(brief(issues)[0]).toMatch(/^error invariant Patient(\.name\[1\])?: .*A rule \(u-0\)/);
  });

  it('is told as not checked when the library cannot evaluate it either, by the weight of the rule', async () => {
    const found = brief(await validatorFor([{ expression: "name.family.memberOf('http://x')" }, { expression: 'nothing(1)', severity: 'warning' }, { expression: "conformsTo('http://x')" }, { expression: '(1 to 10).exists()' }])(patient));
    expect(found.map((one) => one.split(':')[0])).toEqual(['warning not-supported Patient', 'information not-supported Patient', 'warning not-supported Patient', 'warning not-supported Patient']);
    for (const one of found) expect(one).toMatch(/the constraint u-\d cannot be checked: .+ It says: A rule \[http/);
  });

  it('is evaluated for resources in a Bundle and within contained ones', async () => {
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: { ...patient, meta: { profile: [url] } } }, { resource: { resourceType: 'Patient', id: 'q', meta: { profile: [url] } } }] };
    const found = (await validatorFor([{ expression: "name.given.join('') = 'ABC'" }])(bundle)).filter(({ severity }) => severity === 'error');
    expect(found.map(({ expression }) => expression)).toContain('Bundle.entry[1].resource');
    expect(found.map(({ expression }) => expression)).not.toContain('Bundle.entry[0].resource');
  });

  it('is not taken for one of FHIR itself by its key alone', async () => {
    expect(brief(await validatorFor([{ key: 'que-7', expression: 'gender.exists()' }])(patient))).toEqual([expect.stringContaining('A rule (que-7)')]);
  });
});

describe('an expression made to hold the server', () => {
  const family = `${'a'.repeat(5_000)}!`;
  const heavy = { resourceType: 'Patient', name: Array.from({ length: 100 }, (_, index) => ({ family, given: [`b${String(index)}`, 'c'] })) };

  it.each([
    "name.first().family.matches('^(a+)+$')", "name.first().family.matches('(a|aa)+$')", "name.first().family.matches('a*a*a*a*a*a*b')", "name.first().family.matches('(?=a)(a+)+$')", "name.family.matches('^(a?){100}a{100}$')",
    "name.first().family.replaceMatches('(a|aa)+$', 'x') = 'x'", 'repeat($this).exists().not()', "name.repeat($this & 'a').count() < 3", "('a' | 'b').repeat($this + 'x').empty()", '(1 to 1000000000).empty()',
    '%resource.descendants().descendants().count() = 0', `descendants()${'.select(%resource.descendants())'.repeat(4)}.empty()`, `'aaaaaaaaaa'${'.select($this & $this)'.repeat(60)}.empty()`,
    `name.given${'.combine($this)'.repeat(40)}.empty()`, "name.family.first().replace('', name.family.first()).replace('', name.family.first()).replace('', name.family.first()).empty()", `name.family.first()${'.replace(\'a\', \'aaaaaaaaaa\')'.repeat(30)}.empty()`,
    '//'.repeat(4_000), '/**/'.repeat(4_000) + '#', `${'('.repeat(4_000)}1${')'.repeat(4_000)} = 2`, `${'iif(true, '.repeat(500)}false${', true)'.repeat(500)}`,
  ])('%s ends, and is never taken as met', async (expression) => {
    const found = await validatorFor([{ expression }])(heavy);
    expect(found.filter(({ severity, code }) => severity === 'error' || code === 'not-supported')).not.toEqual([]);
  });

  it('is given up alone: others that are sent along are told as not reached, and those here are checked', async () => {
    // The thread has been started and has read the library: what the easy one takes is its own time.
    expect(await validatorFor([{ expression: "name.given.join('').length() > 0" }])(heavy)).toEqual([]);
    const found = brief(await validatorFor([{ expression: "name.given.join('').length() > 0" }, { expression: "name.first().family.matches('(?=a)(a+)+$')" }, { expression: "name.given.join('') = ''" }, { expression: 'gender.exists()' }])(heavy));
    expect(found).toHaveLength(3);
    expect(found[0]).toContain('u-1 cannot be checked: it takes more than 250 ms');
    expect(found[1]).toContain('u-2 cannot be checked: the time was used up');
    expect(found[2]).toContain('A rule (u-3)');
  });
});

it('a slice whose discriminator cannot be read is told, not taken as absent', async () => {
  const slicing = [
    { id: 'Patient.name', path: 'Patient.name', slicing: { discriminator: [{ type: 'value', path: 'given.join(1)' }], rules: 'closed' } },
    { id: 'Patient.name:official', path: 'Patient.name', sliceName: 'official', min: 1 },
  ];
  expect(brief(await validatorFor([], 'Patient', slicing)(patient))).toEqual([expect.stringContaining('warning not-supported Patient.name: Patient.name: the slice official cannot be checked')]);
});

it('a snapshot that would double without end is a fault of the profile', () => {
  const element = Array.from({ length: 12 }, (_, power) => `Questionnaire${'.item'.repeat(2 ** power)}.linkId`).map((id) => ({ id, path: id, max: '1' }));
  const profile = slimProfile({ resourceType: 'StructureDefinition', url, type: 'Questionnaire', kind: 'resource', derivation: 'constraint', baseDefinition: `${core}Questionnaire`, differential: { element: [{ id: 'Questionnaire', path: 'Questionnaire' }, ...element] } });
  const library = makeProfileLibrary(profile === undefined ? [] : [profile]);
  expect([library.find(url), library.fault(url)]).toEqual([undefined, expect.stringContaining('lies deeper than 50 elements')]);
});
