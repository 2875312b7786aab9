import { beforeAll, describe, expect, it } from '@jest/globals';
import { clinicGroups, clinicResources, groupBundle, notableIds } from '../../../src/sample/generate.js';
import { makeStructureCheck } from '../../support/structure.js';

const options = { patients: 60, seed: 7, today: '2026-03-02' };

interface Resource {
  readonly resourceType: string;
  readonly id: string;
  readonly [name: string]: unknown;
}

const referencesIn = (value: unknown, found: string[] = []): string[] => {
  if (Array.isArray(value)) for (const item of value) referencesIn(item, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if ((name === 'reference' || name === 'url') && typeof member === 'string' && /^[A-Z]\w+\//.test(member)) found.push(member);
      else referencesIn(member, found);
    }
  }
  return found;
};

let resources: Resource[] = [];
const ofType = (type: string): Resource[] => resources.filter(({ resourceType }) => resourceType === type);

beforeAll(() => {
  resources = [...clinicResources(options)].map(({ text }) => JSON.parse(text) as Resource);
});

describe('the synthetic clinic', () => {
  it('makes the same text for the same seed, another for another, and does not change patients when more are asked for', () => {
    const text = (more: Partial<typeof options>): string[] => [...clinicResources({ ...options, ...more })].map((resource) => resource.text);
    expect(text({})).toEqual(text({}));
    const ids = new Set(text({ seed: 8 }).map((line) => line.slice(0, 80)));
    expect(text({}).some((line) => ids.has(line.slice(0, 80)))).toBe(false);
    const patients = (count: number): string[] => text({ patients: count }).filter((line) => line.startsWith('{"resourceType":"Patient"'));
    expect(patients(60).slice(0, 30)).toEqual(patients(30));
  });

  it('makes nothing but what the StructureDefinitions of R4 allow and all they require', () => {
    const check = makeStructureCheck();
    expect(check({ resourceType: 'Observation', id: 'x', colour: 1, subject: { reference: 'Slot/1' } })).toHaveLength(4);
    const faults = new Set(resources.flatMap((resource) => check(resource)));
    expect([...faults]).toEqual([]);
  });

  it('refers only to resources of the same group or of groups before', () => {
    const known = new Set<string>();
    let references = 0;
    for (const { resources: group } of clinicGroups(options)) {
      for (const { type, id } of group) known.add(`${type}/${id}`);
      for (const { text } of group) {
        for (const target of referencesIn(JSON.parse(text))) {
          references += 1;
          if (!known.has(target)) throw new Error(`${target} of ${text.slice(0, 100)} was not made before`);
        }
      }
    }
    expect(references).toBeGreaterThan(resources.length);
  });

  it('gives no id twice and no slot to two appointments', () => {
    const ids = resources.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(true);
    const times = ofType('Slot').map((slot) => `${JSON.stringify(slot['schedule'])} ${String(slot['start'])}`);
    expect(new Set(times).size).toBe(times.length);
    expect(ofType('Slot').filter(({ status }) => status === 'free').length).toBeGreaterThan(100);
  });

  it('covers every class of the data dictionary', () => {
    const types = new Set(resources.map(({ resourceType }) => resourceType));
    const wanted = ['Patient', 'Practitioner', 'PractitionerRole', 'Organization', 'Location', 'Schedule', 'Slot', 'Appointment', 'Encounter', 'Communication', 'Binary', 'DiagnosticReport', 'Observation',
      'ServiceRequest', 'CarePlan', 'Goal', 'CareTeam', 'Condition', 'MedicationRequest', 'AllergyIntolerance', 'Immunization'];
    expect(wanted.filter((type) => !types.has(type))).toEqual([]);
  });

  it('spreads encounters over two years and looks ahead with appointments', () => {
    const starts = ofType('Encounter').map(({ period }) => (period as { start: string }).start).sort();
    expect(starts[0]?.slice(0, 7)).toBe('2024-03');
    expect(starts.at(-1)?.slice(0, 7)).toMatch(/2026-0[23]/);
    const months = new Set(starts.map((start) => start.slice(0, 7)));
    expect(months.size).toBeGreaterThanOrEqual(24);
    expect(starts.every((start) => start < '2026-03-03')).toBe(true);
    const ahead = ofType('Appointment').filter(({ start }) => String(start) > '2026-03-03');
    expect(ahead.length).toBeGreaterThan(20);
    expect(ahead.every(({ status }) => status === 'booked' || status === 'pending')).toBe(true);
    expect(new Set(ofType('Appointment').map(({ status }) => status))).toEqual(new Set(['fulfilled', 'cancelled', 'noshow', 'booked', 'pending']));
    const weekdays = new Set(ofType('Appointment').map(({ start }) => new Date(String(start)).getUTCDay()));
    expect([...weekdays].sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('lets laboratory values of a treated illness settle towards their target', () => {
    const byPatient = new Map<string, number[]>();
    for (const { code, subject, valueQuantity } of ofType('Observation')) {
      if ((code as { coding: [{ code: string }] }).coding[0].code !== '4548-4') continue;
      const key = (subject as { reference: string }).reference;
      byPatient.set(key, [...(byPatient.get(key) ?? []), (valueQuantity as { value: number }).value]);
    }
    const courses = [...byPatient.values()].filter((values) => values.length >= 3);
    expect(courses.length).toBeGreaterThan(2);
    for (const values of courses) {
      expect(values[0]).toBeGreaterThan(7.5);
      expect(values.at(-1)).toBeLessThan((values[0] ?? 0) - 0.7);
    }
  });

  it('writes decimals with the digits they were measured in, flags that agree with the range, and UCUM units', () => {
    const lines = [...clinicResources(options)].filter(({ type }) => type === 'Observation').map(({ text }) => text);
    const a1c = lines.filter((line) => line.includes('"code":"4548-4"')).map((line) => /"valueQuantity":\{"value":([\d.]+)/.exec(line)?.[1]);
    expect(a1c.length).toBeGreaterThan(10);
    expect(a1c.every((value) => /^\d+\.\d\d$/.test(value ?? ''))).toBe(true);
    expect(a1c.some((value) => value?.endsWith('0'))).toBe(true);
    for (const line of lines) {
      const { valueQuantity: value, interpretation, referenceRange } = JSON.parse(line) as {
        valueQuantity?: { value: number; system: string; code: string }; interpretation?: [{ coding: [{ code: string }] }]; referenceRange?: [{ low?: { value: number }; high?: { value: number } }];
      };
      if (value === undefined || referenceRange === undefined) continue;
      expect(value.system).toBe('http://unitsofmeasure.org');
      const [{ low, high }] = referenceRange;
      const expected = value.value < (low?.value ?? -1) ? 'L' : value.value > (high?.value ?? Infinity) ? 'H' : 'N';
      expect([line, interpretation?.[0].coding[0].code]).toEqual([line, expected]);
    }
  });

  it('threads messages and hides attachments behind the patient', () => {
    const threads = new Map<string, Resource[]>();
    for (const message of ofType('Communication')) {
      const thread = (message['identifier'] as { system: string; value: string }[]).find(({ system }) => system.endsWith('/thread'))?.value ?? '';
      threads.set(thread, [...(threads.get(thread) ?? []), message]);
    }
    expect(threads.has('')).toBe(false);
    for (const [first, ...answers] of threads.values()) {
      let previous = first;
      expect(first?.['inResponseTo']).toBeUndefined();
      for (const answer of answers) {
        expect(answer['inResponseTo']).toEqual([{ reference: `Communication/${previous?.id ?? ''}` }]);
        expect(answer['partOf']).toEqual([{ reference: `Communication/${first?.id ?? ''}` }]);
        expect(String(answer['sent']) >= String(previous?.['sent'])).toBe(true);
        previous = answer;
      }
    }
    expect(ofType('Binary').length).toBeGreaterThan(10);
    expect(ofType('Binary').every(({ securityContext }) => (securityContext as { reference: string }).reference.startsWith('Patient/'))).toBe(true);
  });

  it('keeps reports unreleased for three days', () => {
    const states = new Set<unknown>();
    for (const { status, effectiveDateTime } of [...clinicResources({ ...options, patients: 300 })].filter(({ type }) => type === 'DiagnosticReport').map(({ text }) => JSON.parse(text) as Resource)) {
      expect(status).toBe(String(effectiveDateTime) >= '2026-02-28' ? 'preliminary' : 'final');
      states.add(status);
    }
    expect(states.size).toBe(2);
  });

  it('gives a group as a transaction that puts each resource under its own id', () => {
    const [group] = clinicGroups(options);
    if (group === undefined) throw new Error('no group');
    const bundle = JSON.parse(groupBundle(group)) as { type: string; entry: { fullUrl: string; resource: Resource; request: { method: string; url: string } }[] };
    expect(bundle.type).toBe('transaction');
    expect(bundle.entry.map(({ request }) => request)).toEqual(group.resources.map(({ type, id }) => ({ method: 'PUT', url: `${type}/${id}` })));
    expect(bundle.entry.every(({ resource, fullUrl }) => fullUrl === `urn:uuid:${resource.id}`)).toBe(true);
  });

  it('names a patient with a plan to look at first', () => {
    const { patient, patientName, medicalRecordNumber, clinician } = notableIds(options);
    const found = resources.find(({ resourceType, id }) => `${resourceType}/${id}` === patient);
    expect(JSON.stringify(found)).toContain(medicalRecordNumber);
    expect(patientName.split(' ')).toHaveLength(2);
    expect(ofType('CarePlan').some(({ subject, author }) => (subject as { reference: string }).reference === patient && (author as { reference: string }).reference === clinician)).toBe(true);
  });

  it('refuses options out of range by name', () => {
    expect(() => [...clinicResources({ ...options, patients: 0 })]).toThrow(/patients/);
    expect(() => [...clinicResources({ ...options, seed: 1.5 })]).toThrow(/seed/);
    expect(() => [...clinicResources({ ...options, today: '2026-3-2' })]).toThrow(/YYYY-MM-DD/);
  });
});
