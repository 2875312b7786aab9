/** Laboratory work of a visit: the order (ServiceRequest), the results (Observation) and the report that is released (DiagnosticReport). */
import { measuredAt } from './appointment.js';
import { instantOf } from './calendar.js';
import { coding, loinc, ownIdentifier, reference, snomed, systems } from './coded.js';
import { addObservation, codeOf, measured, valueOn } from './measure.js';
import type { PatientRecord, Seen } from './record.js';
import { panels, tests, type Panel, type PanelName } from './vocabulary/labs.js';
import { nameOf } from './world.js';

/** Adds the panels the patient's illnesses ask for. A report younger than three days is not released yet. */
export const addLabs = (record: PatientRecord, seen: Seen): void => {
  for (const name of panelsOf(record)) addPanel(record, seen, panels[name]);
};

const panelsOf = ({ illnesses, age }: PatientRecord): ReadonlySet<PanelName> => {
  const own = illnesses.flatMap((illness) => illness.panels);
  return new Set<PanelName>(own.length > 0 ? own : age < 18 ? ['bloodCount'] : ['bloodCount', 'lipids']);
};

const addPanel = (record: PatientRecord, seen: Seen, panel: Panel): void => {
  const { chart, clinician, patient, name, world, random } = record;
  const effective = measuredAt(record, seen.day);
  const issued = instantOf(seen.day + 1, 540 + random.between(0, 240));
  const status = world.todayNumber - seen.day < 3 ? 'preliminary' : 'final';
  const order = chart.add('ServiceRequest', {
    status: status === 'final' ? 'completed' : 'active', intent: 'order', category: [snomed('108252007', 'Laboratory procedure')],
    code: loinc(panel.code, panel.display), subject: reference(patient, name), encounter: reference(seen.encounter),
    authoredOn: effective, requester: reference(clinician.reference, nameOf(clinician)),
  });
  const shared = { category: 'laboratory', status, encounter: seen.encounter, effective, issued, performer: clinician.site.organization } as const;
  const values = panel.tests.map((test) => ({ test, value: valueOn(record, test, seen.day) }));
  const results = values.map(({ test, value }) => addObservation(record, shared, { code: codeOf(test), value: { basedOn: [reference(order)], ...measured(test, value) } }));
  const attachment = random.chance(0.15) ? [addPrintout(record, panel, values)] : undefined;
  chart.add('DiagnosticReport', {
    identifier: [ownIdentifier('report', order.slice(-12))], basedOn: [reference(order)], status,
    category: [{ coding: [coding(`${systems.terminology}v2-0074`, 'LAB', 'Laboratory')] }], code: loinc(panel.code, panel.display), subject: reference(patient, name), encounter: reference(seen.encounter),
    effectiveDateTime: effective, issued, performer: [reference(clinician.site.organization, clinician.site.name)], resultsInterpreter: [reference(clinician.reference, nameOf(clinician))],
    result: results.map((result) => reference(result)), presentedForm: attachment,
  });
};

/** The page that goes with a report, as a Binary that only the patient's readers may see. */
const addPrintout = ({ chart, patient }: PatientRecord, panel: Panel, values: readonly { test: keyof typeof tests; value: number }[]) => {
  const lines = values.map(({ test, value }) => `${tests[test].display}: ${value.toFixed(tests[test].digits)} ${tests[test].unit}`);
  const text = Buffer.from(`${panel.display}\n${lines.join('\n')}\n`, 'utf8');
  const binary = chart.add('Binary', { contentType: 'text/plain', securityContext: reference(patient), data: text.toString('base64') });
  return { contentType: 'text/plain', url: binary, size: text.length, title: `${panel.display}, printout` };
};
