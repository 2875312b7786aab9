/** Compiled Consents hide and show what a judge over plain JSON says, for random Consents, viewers and resources (https://hl7.org/fhir/R4/consent.html). */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toPredicate } from '../../../src/access/consent/fact.js';
import { clientSystem, identifiedName, readConsent } from '../../../src/access/consent/provision.js';
import { compileConsents } from '../../../src/access/consent/withhold.js';
import { matchesPlan } from '../../../src/search/matches.js';
import { makeRegistry } from '../../../src/search/registry.js';
import { isHidden, type Asker, type Json } from './consent-judge.js';

const registry = makeRegistry();
const day = 86_400_000;
const now = Date.parse('2026-06-15T12:00:00Z');
const code = (system: string, value: string): Json => ({ system, code: value });
const codes = [code('http://loinc.org', '1'), code('http://loinc.org', '2'), code('http://snomed.info/sct', '1')];
const labels = [...'NRV'].map((level) => code('http://terminology.hl7.org/CodeSystem/v3-Confidentiality', level)).concat(code('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'HIV'));
const actors = [{ reference: 'Practitioner/p' }, { reference: 'Practitioner/other' }, { reference: 'Organization/o' }, { identifier: { system: clientSystem, value: 'app' } }, { identifier: { system: clientSystem, value: 'other' } }];
const dates = ['2025-01-01', '2026-01-01', '2026-06-01', '2026-06-15', '2026-07-01', '2027-01-01'];
const date = fc.constantFrom(...dates);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined, freq: 2 });
const someOf = <T>(items: readonly T[]): fc.Arbitrary<T[]> => fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength: 2 });
const period = fc.oneof(date.map((start) => ({ start })), date.map((end) => ({ end })), fc.tuple(date, date).map(([a, b]) => (a < b ? { start: a, end: b } : { start: b, end: a })));
const without = (value: Record<string, unknown>): Json => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));

const provisionOver = (inner: fc.Arbitrary<Json> | undefined): fc.Arbitrary<Json> =>
  fc.record({
    type: optional(fc.constantFrom('permit', 'deny')),
    actor: optional(someOf(actors).map((references) => references.map((reference) => ({ role: { text: 'x' }, reference })))),
    period: optional(period),
    purpose: fc.option(someOf(['TREAT', 'BTG', 'HRESCH']).map((some) => some.map((one) => code('http://terminology.hl7.org/CodeSystem/v3-ActReason', one))), { nil: undefined, freq: 1 }),
    action: fc.option(someOf(['access', 'correct', 'collect', 'use']).map((some) => some.map((one) => ({ coding: [code('http://terminology.hl7.org/CodeSystem/consentaction', one)] }))), { nil: undefined, freq: 1 }),
    class: optional(someOf([code('http://hl7.org/fhir/resource-types', 'Observation'), code('http://hl7.org/fhir/resource-types', 'Condition'), code('urn:ietf:bcp:13', 'application/pdf')])),
    code: optional(someOf(codes).map((some) => some.map((one) => ({ coding: [one] })))),
    securityLabel: optional(someOf(labels)),
    dataPeriod: optional(period),
    data: optional(fc.uniqueArray(fc.record({ meaning: fc.constantFrom('instance', 'dependents', 'authoredby'), reference: fc.constantFrom('Observation/r', 'Encounter/e', 'Practitioner/p').map((reference) => ({ reference })) }), { minLength: 1, maxLength: 2 })),
    provision: inner === undefined ? fc.constant(undefined) : optional(fc.array(inner, { minLength: 1, maxLength: 2 })),
  }).map(without);
const provision = provisionOver(provisionOver(provisionOver(undefined)));

const consent = fc.record({ policyRule: optional(fc.constantFrom('OPTIN', 'OPTOUT').map((value) => ({ coding: [code('http://terminology.hl7.org/CodeSystem/v3-ActCode', value)] }))), provision: optional(provision) }).map(without);
const concept = optional(someOf(codes).map((coding) => ({ coding })));
const meta = optional(someOf(labels).map((security) => ({ security })));
const subject = { reference: 'Patient/A' };
const resource: fc.Arbitrary<Json> = fc.oneof(
  fc.record({ meta, code: concept, category: optional(someOf(codes).map((coding) => [{ coding }])), effectiveDateTime: optional(date), performer: optional(fc.constant([{ reference: 'Practitioner/p' }])), encounter: optional(fc.constant({ reference: 'Encounter/e' })) })
    .map((value) => without({ resourceType: 'Observation', id: 'r', subject, ...value })),
  fc.record({ meta, code: concept, onsetDateTime: optional(date), recordedDate: optional(date), asserter: optional(fc.constant({ reference: 'Practitioner/p' })) }).map((value) => without({ resourceType: 'Condition', id: 'r', subject, ...value })),
  fc.record({ meta, type: optional(someOf(codes).map((coding) => [{ coding }])), period: optional(period), id: fc.constantFrom('e', 'f') }).map((value) => without({ resourceType: 'Encounter', subject, ...value })),
  fc.record({ meta }).map((value) => without({ resourceType: 'Patient', id: 'A', ...value })),
);
const asker: fc.Arbitrary<Asker> = fc.record({
  person: fc.constantFrom(['Practitioner/p'], []), app: fc.constantFrom([identifiedName(clientSystem, 'app')], []), groups: fc.constantFrom(['Organization/o'], []),
  purposes: fc.constantFrom(['TREAT'], ['BTG', 'ETREAT', 'TREAT'], undefined), now: fc.constantFrom(now, now - 30 * day, now + 400 * day), isOwn: fc.boolean(), isEmergency: fc.boolean(),
});

describe('Consents', () => {
  it('hide what they hide when they are judged over plain JSON', () => {
    let [hidden, shown] = [0, 0];
    fc.assert(fc.property(fc.array(consent, { minLength: 1, maxLength: 3 }), resource, asker, (consents, about, who) => {
      const view = compileConsents(new Map([['A', consents.map((one) => readConsent(one, 'http://test/fhir'))]]), {
        viewpoint: { person: new Set(who.person), app: new Set(who.app), groups: new Set(who.groups), purposes: who.purposes === undefined ? undefined : new Set(who.purposes), now: who.now },
        own: new Set(who.isOwn ? ['A'] : []), emergency: new Set(who.isEmergency ? ['A'] : []), onlyPermitted: new Set(),
      }, { registry, related: new Map() });
      const predicate = toPredicate(view.withheld(String(about['resourceType']), 'r'));
      const isWithheld = predicate !== undefined && matchesPlan(predicate, { type: String(about['resourceType']), id: String(about['id']), updated: 0, entries: registry.extract(about) });
      if (isWithheld) hidden += 1;
      else shown += 1;
      expect(isWithheld).toBe(isHidden(consents, about, who.isEmergency ? { ...who, purposes: ['BTG', 'ETREAT', 'TREAT', 'PurposeOfUse'] } : who));
    }), { numRuns: 3_000 });
    expect(Math.min(hidden, shown)).toBeGreaterThan(100);
  });
});
