/** What Consents come to for one viewer: the table of docs/consent.md, and what keeps thousands of them quick. */
import { describe, expect, it } from '@jest/globals';
import { toPredicate } from '../../../src/access/consent/fact.js';
import { clientSystem, identifiedName, isPrivacyConsent, patientOf, readConsent, type Provision } from '../../../src/access/consent/provision.js';
import { impliedPurposes } from '../../../src/access/consent/rule.js';
import { compileConsents, permittedTo, relatedNames, type ConsentViewer } from '../../../src/access/consent/withhold.js';
import type { Permission } from '../../../src/access/scope.js';
import { matchesPlan } from '../../../src/search/matches.js';
import { makeRegistry } from '../../../src/search/registry.js';

const registry = makeRegistry();
const base = 'http://test/fhir';
const now = Date.parse('2026-06-15T12:00:00Z');
const app = identifiedName(clientSystem, 'app');
const viewpoint = { person: new Set(['Practitioner/p']), app: new Set([app]), groups: new Set(['Organization/o']), purposes: impliedPurposes(['TREAT']), now };
const nobody: ReadonlySet<string> = new Set();
const viewer: ConsentViewer = { viewpoint, own: nobody, emergency: nobody, onlyPermitted: nobody };
const read = (provision: unknown, more: Record<string, unknown> = {}): Provision => readConsent({ provision, ...more }, base);
const person = [{ reference: { reference: 'Practitioner/p' } }];
const ownApp = [{ reference: { identifier: { system: clientSystem, value: 'app' } } }];
const clinic = [{ reference: { reference: 'Organization/o' } }];
const observations = [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }];
const actions = (...codes: string[]) => codes.map((code) => ({ coding: [{ code }] }));
const observation = (id = 'x', more: Record<string, unknown> = {}) => ({ resourceType: 'Observation', id, subject: { reference: 'Patient/A' }, ...more });
const condition = { resourceType: 'Condition', id: 'x', subject: { reference: 'Patient/A' } };

interface Setting {
  readonly who?: Partial<ConsentViewer>;
  readonly permission?: Permission;
  readonly related?: ReadonlyMap<string, readonly string[]>;
}
const isWithheld = (consents: readonly Provision[], resource: { readonly resourceType: string; readonly id: string }, { who = {}, permission = 'r', related = new Map() }: Setting = {}): boolean => {
  const predicate = toPredicate(compileConsents(new Map([['A', consents]]), { ...viewer, ...who }, { registry, related }).withheld(resource.resourceType, permission));
  return predicate !== undefined && matchesPlan(predicate, { type: resource.resourceType, id: resource.id, updated: 0, entries: registry.extract(resource) });
};

describe('which Consents rule a record', () => {
  const active = { status: 'active', scope: { coding: [{ code: 'patient-privacy' }] } };
  it('are active and of scope patient-privacy', () => {
    expect(isPrivacyConsent(active)).toBe(true);
    expect(isPrivacyConsent({ ...active, status: 'inactive' })).toBe(false);
    expect(isPrivacyConsent({ ...active, scope: { coding: [{ code: 'research' }] } })).toBe(false);
  });
  it('name a patient of this server', () => {
    expect(patientOf({ patient: { reference: 'Patient/A' } }, base)).toBe('A');
    expect(patientOf({ patient: { reference: `${base}/Patient/A/_history/2` } }, base)).toBe('A');
    expect(patientOf({ patient: { reference: 'http://elsewhere/fhir/Patient/A' } }, base)).toBeUndefined();
    expect(patientOf({ patient: { identifier: { value: 'A' } } }, base)).toBeUndefined();
  });
});

describe('one Consent', () => {
  it.each([
    ['opt-out of everything', {}, { policyRule: { coding: [{ code: 'OPTOUT' }] } }, true],
    ['opt-in', {}, { policyRule: { coding: [{ code: 'OPTIN' }] } }, false],
    ['a denial to the person', { type: 'deny', actor: person }, {}, true],
    ['a denial to the app', { type: 'deny', actor: ownApp }, {}, true],
    ['a denial to the organization', { type: 'deny', actor: clinic }, {}, true],
    ['a denial to another person', { type: 'deny', actor: [{ reference: { reference: 'Practitioner/q' } }] }, {}, false],
    ['a denial that is over', { type: 'deny', period: { end: '2026-06-14' } }, {}, false],
    ['a denial on its last day', { type: 'deny', period: { end: '2026-06-15' } }, {}, true],
    ['a denial not yet begun', { type: 'deny', period: { start: '2026-06-16' } }, {}, false],
    ['a denial for another purpose', { type: 'deny', purpose: [{ code: 'HRESCH' }] }, {}, false],
    ['a denial for treatment', { type: 'deny', purpose: [{ code: 'TREAT' }] }, {}, true],
    ['a denial of a category, another', { type: 'deny', class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Condition' }] }, {}, false],
    ['a denial of something unreadable', { type: 'deny', class: [{ system: 'urn:x', code: 'y' }] }, {}, true],
    ['a denial with an exception for the person', { type: 'deny', provision: [{ type: 'permit', actor: person }] }, {}, false],
    ['a denial with an exception for something unreadable', { type: 'deny', provision: [{ type: 'permit', class: [{ system: 'urn:x', code: 'y' }] }] }, {}, true],
    ['an exception of the exception', { type: 'deny', provision: [{ type: 'permit', actor: person, provision: [{ type: 'deny', class: observations }] }] }, {}, true],
    ['two exceptions that contradict', { type: 'deny', provision: [{ type: 'permit', actor: person }, { type: 'deny', class: observations }] }, {}, true],
    ['a denial of collecting', { type: 'deny', action: actions('collect') }, {}, false],
  ] as const)('%s', (_, provision, more, hidden) => expect(isWithheld([read(provision, more)], observation())).toBe(hidden));

  it('tells looking, changing and adding apart', () => {
    const deny = (...codes: string[]) => [read({ type: 'deny', action: actions(...codes) })];
    const outcome = (consents: Provision[]) => (['r', 's', 'u', 'd', 'c'] as const).map((permission) => isWithheld(consents, observation(), { permission }));
    expect(outcome(deny('access'))).toEqual([true, true, true, true, false]);
    expect(outcome(deny('correct'))).toEqual([false, false, true, true, false]);
    expect(outcome(deny('collect'))).toEqual([false, false, false, false, true]);
    // Without a word about it, adding is not denied: a record that may not be shown can still be kept.
    expect(outcome([read({ type: 'deny' })])).toEqual([true, true, true, true, false]);
  });

  it('does not deny patients their own record, but denies it to an app they use', () => {
    const own = { own: new Set(['A']) };
    expect(isWithheld([read({ type: 'deny' })], observation(), { who: own })).toBe(false);
    expect(isWithheld([read({ type: 'deny', actor: ownApp })], observation(), { who: own })).toBe(true);
  });

  it('gives way in an emergency unless it names emergencies', () => {
    const who = { emergency: new Set(['A']) };
    expect(isWithheld([read({ type: 'deny', actor: person })], observation(), { who })).toBe(false);
    expect(isWithheld([read({ type: 'deny', purpose: [{ code: 'ETREAT' }] })], observation(), { who })).toBe(true);
  });

  it('speaks of what a named resource refers to, when it says related', () => {
    const related = [read({ type: 'deny', data: [{ meaning: 'related', reference: { reference: 'Encounter/e' } }] })];
    expect([...relatedNames(related)]).toEqual(['Encounter/e']);
    expect(isWithheld(related, observation(), { related: new Map([['Encounter/e', ['Observation/x']]]) })).toBe(true);
    expect(isWithheld(related, observation('y'), { related: new Map([['Encounter/e', ['Observation/x']]]) })).toBe(false);
    // Nobody has looked it up: what it is about is in doubt.
    expect(isWithheld(related, observation('y'))).toBe(true);
  });

  it('reads levels of confidentiality as up to and from', () => {
    const label = (code: string) => [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code }];
    const labelled = (code: string) => observation('x', { meta: { security: label(code) } });
    const from = [read({ type: 'deny', securityLabel: label('R') })];
    expect([labelled('N'), labelled('R'), labelled('V'), observation()].map((one) => isWithheld(from, one))).toEqual([false, true, true, false]);
    const upTo = [read({ type: 'deny', provision: [{ type: 'permit', securityLabel: label('R') }] })];
    expect([labelled('N'), labelled('R'), labelled('V'), observation()].map((one) => isWithheld(upTo, one))).toEqual([false, false, true, false]);
  });
});

describe('several Consents', () => {
  const deny = (more: Record<string, unknown> = {}) => read({ type: 'deny', ...more });
  const permit = (more: Record<string, unknown> = {}) => read({ type: 'permit', ...more });
  it.each([
    ['equally close: the denial', [deny(), permit()], true],
    ['the permit names the person', [deny(), permit({ actor: person })], false],
    ['the permit names the person, the denial their organization', [deny({ actor: clinic }), permit({ actor: person })], false],
    ['both name the person', [deny({ actor: person }), permit({ actor: person })], true],
    ['the denial names the person, the permit the organization', [deny({ actor: person }), permit({ actor: clinic })], true],
    ['the permit is about less', [deny(), permit({ class: observations })], false],
    ['the denial is about less', [deny({ class: observations }), permit()], true],
    ['the permit is closer, the denial about less', [deny({ class: observations }), permit({ actor: person })], true],
    ['the permit is closer and about less', [deny(), permit({ actor: person, class: observations })], false],
    ['the app is denied, the person permitted', [deny({ actor: ownApp }), permit({ actor: person })], true],
  ] as const)('%s', (_, consents, hidden) => expect(isWithheld(consents, observation())).toBe(hidden));
});

describe('permits', () => {
  const consents = (provision: unknown) => new Map([['A', [read(provision)]]]);
  it('reach a person by name, not through the app or the organization', () => {
    expect([...permittedTo(consents({ type: 'permit', actor: person }), viewpoint)]).toEqual(['A']);
    expect([...permittedTo(consents({ type: 'deny', provision: [{ type: 'permit', actor: person, class: observations }] }), viewpoint)]).toEqual(['A']);
    for (const actor of [ownApp, clinic, undefined]) expect(permittedTo(consents({ type: 'permit', actor }), viewpoint).size).toBe(0);
    expect(permittedTo(consents({ type: 'permit', actor: person, action: actions('collect') }), viewpoint).size).toBe(0);
  });
  it('show whom nothing else lets reach the patient only what they are about', () => {
    const only = { onlyPermitted: new Set(['A']) };
    const permit = [read({ type: 'permit', actor: person, class: observations })];
    expect(isWithheld(permit, observation(), { who: only })).toBe(false);
    expect(isWithheld(permit, condition, { who: only })).toBe(true);
    expect(isWithheld(permit, condition)).toBe(false);
  });
  it('lift a label for whom they name', () => {
    const hiv = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'HIV' }];
    const lifted = (actor: unknown) => compileConsents(consents({ type: 'permit', actor, securityLabel: hiv }), viewer, { registry, related: new Map() }).lifted('Observation', 'r');
    expect(lifted(person)).toMatchObject({ op: 'and' });
    expect(lifted(undefined)).toBe(false);
  });
});

describe('time', () => {
  it('says when a period begins or ends next', () => {
    const until = (...provisions: unknown[]) => compileConsents(new Map([['A', provisions.map((one) => read(one))]]), viewer, { registry, related: new Map() }).until;
    expect(until({ type: 'deny' })).toBe(Infinity);
    expect(until({ type: 'deny', period: { end: '2026-06-20' } })).toBe(Date.parse('2026-06-21T00:00:00Z'));
    expect(until({ type: 'deny', period: { end: '2026-06-01' } }, { type: 'deny', provision: [{ type: 'permit', period: { start: '2026-07-01' } }] })).toBe(Date.parse('2026-07-01T00:00:00Z'));
  });
});

describe('many patients', () => {
  it('with equal Consents are one predicate with a list', () => {
    const denial = read({ type: 'deny', class: observations });
    const another = read({ type: 'deny', actor: person });
    const consents = new Map(Array.from({ length: 5_000 }, (_, index): [string, readonly Provision[]] => [`p${String(index)}`, [index % 2 === 0 ? denial : another]]));
    const { withheld } = compileConsents(consents, viewer, { registry, related: new Map() });
    const observed = withheld('Observation', 'r');
    expect(observed).toMatchObject({ op: 'or', of: [{ op: 'reference', param: 'subject' }, { op: 'reference', param: 'performer' }] });
    for (const { targets } of (observed as unknown as { of: { targets: string[] }[] }).of) expect(targets).toHaveLength(5_000);
    expect((withheld('Patient', 'r') as unknown as { ids: string[] }).ids).toHaveLength(2_500);
    expect(withheld('Observation', 'r')).toBe(observed);
    expect(withheld('Location', 'r')).toBe(false);
  });
});
