/** Which of several definitions of one canonical URL wins: one rule for profiles and terminology. */
import { describe, expect, it } from '@jest/globals';
import { pinnedProfile, pinnedResource, pinsOf } from '../../../../src/fhir/package/pin.js';
import type { Profile } from '../../../../src/fhir/profile/definition.js';
import { makeProfileLibrary } from '../../../../src/fhir/profile/library.js';
import { makeCoreSource } from '../../../../src/terminology/local/core-source.js';
import { makeLocalTerminology } from '../../../../src/terminology/local/engine.js';
import { makeMemorySource } from '../../../../src/terminology/local/memory-source.js';
import type { ValueSet } from '../../../../src/terminology/resource.js';

interface Origin { readonly version: string; readonly guide?: string; readonly status?: string }
const url = 'http://example.org/one';
const coreBmi = 'http://hl7.org/fhir/StructureDefinition/bmi';
const profile = (name: string, { version, guide, status }: Origin): Profile => ({ url: name, name: 'x', version, type: 'Patient', base: '', elements: [{ id: 'Patient', path: 'Patient' }], isSnapshot: true, ...(guide === undefined ? {} : { guide }), ...(status === undefined ? {} : { status }) });
const valueSet = (name: string, { version, status = 'active' }: Origin): ValueSet => ({ resourceType: 'ValueSet', url: name, version, status, compose: { include: [{ system: 'http://example.org/s', concept: [{ code: version }] }] } });

const guides: readonly Origin[] = [{ version: '1.9.0', guide: 'a#1.9.0' }, { version: '1.10.0', guide: 'a#1.10.0' }, { version: '2.0.0', guide: 'b#2.0.0', status: 'draft' }];
const stored: readonly Origin[] = [{ version: '9.0.0' }];

const chosenProfile = (canonical: string, near?: string): string | undefined => makeProfileLibrary(guides.map((one) => profile(url, one)), stored.map((one) => profile(url, one))).find(canonical, near)?.version;
const chosenSet = async (canonical: string): Promise<string | undefined> => {
  const terminology = makeLocalTerminology({ sources: [makeCoreSource(), makeMemorySource(guides.map((one) => valueSet(url, one))), makeMemorySource(stored.map((one) => valueSet(url, one)))] });
  return (await terminology.expand({ valueSet: canonical })).contains[0]?.code;
};

describe('of several definitions', () => {
  it.each([[url, '1.10.0'], [`${url}|1.9.0`, '1.9.0'], [`${url}|2.0.0`, '2.0.0'], [`${url}|9.0.0`, '9.0.0']])('%s is %s, of profiles and of value sets', async (canonical, version) => {
    expect([chosenProfile(canonical), await chosenSet(canonical)]).toEqual([version, version]);
  });

  it('a guide has its own, and what is not there is not replaced by another version', () => {
    expect([chosenProfile(url, 'a#1.9.0'), chosenProfile(url, 'b#2.0.0'), chosenProfile(`${url}|3`, 'a#1.9.0')]).toEqual(['1.9.0', '2.0.0', undefined]);
  });

  it('those of FHIR itself come first', async () => {
    const library = makeProfileLibrary([profile(coreBmi, { version: '9.0.0', guide: 'a#9' })]);
    expect([library.find(coreBmi)?.version, library.find(`${coreBmi}|9.0.0`)?.version, library.find(coreBmi, 'a#9')?.version]).toEqual(['4.0.1', '9.0.0', '9.0.0']);
    const gender = 'http://hl7.org/fhir/ValueSet/administrative-gender';
    const terminology = makeLocalTerminology({ sources: [makeCoreSource(), makeMemorySource([valueSet(gender, { version: '9.0.0' })])] });
    expect([(await terminology.expand({ valueSet: gender })).total, (await terminology.expand({ valueSet: `${gender}|9.0.0` })).total]).toEqual([4, 1]);
  });
});

describe('what a guide refers to without a version', () => {
  const of = (version: string): Record<string, unknown>[] => [{ resourceType: 'ValueSet', url: 'http://x/set', version }, { resourceType: 'CodeSystem', url: 'http://x/codes', version }];
  const [one, , other] = pinsOf([of('1'), of('2'), [{ resourceType: 'ValueSet', url: 'http://x/alone', version: '1' }]]);

  it('is its own where several guides define it', () => {
    expect([one?.('http://x/set'), one?.('http://x/set|7'), one?.('http://x/unknown'), other?.('http://x/alone'), other?.('http://x/set')]).toEqual(['http://x/set|1', 'http://x/set|7', 'http://x/unknown', 'http://x/alone', 'http://x/set']);
  });

  it('is so in value sets and in bindings', () => {
    if (one === undefined) throw new Error('no pin');
    const set = { resourceType: 'ValueSet', compose: { include: [{ system: 'http://x/codes' }, { system: 'http://x/codes', version: '7' }, { valueSet: ['http://x/set', 'http://y'] }], exclude: [{ valueSet: ['http://x/set'] }] } };
    expect(pinnedResource(set, one)).toEqual({ resourceType: 'ValueSet', compose: { include: [{ system: 'http://x/codes', version: '1' }, { system: 'http://x/codes', version: '7' }, { valueSet: ['http://x/set|1', 'http://y'] }], exclude: [{ valueSet: ['http://x/set|1'] }] } });
    expect(pinnedResource({ resourceType: 'CodeSystem', compose: {} }, one)).toEqual({ resourceType: 'CodeSystem', compose: {} });
    const bound = { ...profile(url, { version: '1' }), elements: [{ id: 'Patient.gender', path: 'Patient.gender', binding: { strength: 'required', valueSet: 'http://x/set' } }] };
    expect(pinnedProfile(bound, one).elements[0]?.binding?.valueSet).toBe('http://x/set|1');
  });
});
