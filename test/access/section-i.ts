/** Of section I, what the access to records of the audit comes to; their making is tested with the audit itself. */
import { strict as assert } from 'node:assert';
import { reads, type AccessCase } from './case.js';
import { tokens } from './clinic.js';

const { tA, tB, tU, tSobs } = tokens;

interface Event {
  readonly resource?: { readonly resourceType: string; readonly agent?: readonly { readonly who?: { readonly reference?: string } }[]; readonly entity?: readonly { readonly what?: { readonly reference?: string } }[] };
}

/** Returns the references of agents and entities in each event. */
const namesIn = (text: string): string[][] => ((JSON.parse(text) as { entry?: Event[] }).entry ?? []).flatMap(({ resource }) => (resource?.resourceType !== 'AuditEvent' ? [] : [[...(resource.agent ?? []).map(({ who }) => who?.reference ?? ''), ...(resource.entity ?? []).map(({ what }) => what?.reference ?? '')]]));

export const sectionI: readonly AccessCase[] = [
  reads('I2-search', 'records of the audit are found by whom they are about', async ({ ask, expect, absent }) => {
    for (const viewer of [tA, tB]) await ask(viewer, 'GET', '/Observation');
    await ask(tB, 'GET', '/Observation/obsB');
    const { text } = await expect(200, tA, 'GET', '/AuditEvent?_count=200');
    const events = namesIn(text);
    assert.ok(events.length > 0);
    for (const names of events) assert.ok(names.some((name) => name === 'Patient/A' || name.startsWith('Patient/A/')), names.join(' '));
    await absent(tA, 'GET', '/AuditEvent?agent=Patient/B', ['=Patient/B', '=Patient/X']);
    await expect(403, tSobs, 'GET', '/AuditEvent');
  }),
  reads('I2-who', 'who saw a record is told to the patient, not to who cares', async ({ expect, absent }) => {
    await expect(200, tA, 'GET', '/Patient/A/$who-saw');
    await expect(403, tU, 'GET', '/Patient/A/$who-saw');
    await absent(tA, 'GET', '/Patient/B/$who-saw', ['Patient/B', 'Patient/X']);
  }),
];
