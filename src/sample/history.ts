/** What a patient has, takes, does not tolerate and was given: Condition, MedicationRequest, AllergyIntolerance, Immunization. */
import { measuredAt } from './appointment.js';
import { dateOf } from './calendar.js';
import { coding, concept, hl7, ownIdentifier, reference, snomed, systems } from './coded.js';
import type { PatientRecord } from './record.js';
import { allergies, vaccines, type Drug, type Illness } from './vocabulary/illnesses.js';
import { nameOf } from './world.js';

/** Adds the problem list; returns the reference of each illness' Condition. */
export const addConditions = ({ chart, illnesses, random, world, patient, name, clinician, seen }: PatientRecord): ReadonlyMap<Illness, string> => {
  const first = seen[0];
  return new Map(illnesses.map((illness): [Illness, string] => [illness, chart.add('Condition', {
    clinicalStatus: hl7('condition-clinical', 'active', 'Active'), verificationStatus: hl7('condition-ver-status', 'confirmed', 'Confirmed'),
    category: [hl7('condition-category', 'problem-list-item', 'Problem List Item')],
    code: concept(coding(systems.snomed, ...illness.snomed), coding(systems.icd10, illness.icd10, illness.snomed[1])), subject: reference(patient, name),
    encounter: first && reference(first.encounter), onsetDateTime: dateOf(world.firstDay - random.between(0, 400)), recordedDate: dateOf(first?.day ?? world.firstDay),
    recorder: reference(clinician.reference, nameOf(clinician)), asserter: reference(clinician.reference),
  })]));
};

/** Adds what is prescribed against each illness, renewed once a year. */
export const addMedications = (record: PatientRecord, conditions: ReadonlyMap<Illness, string>): void => {
  const renewals = record.seen.filter((_, index, all) => index === 0 || index === Math.floor(all.length / 2));
  for (const [illness, condition] of conditions) {
    for (const drug of illness.drugs) {
      for (const [index, visit] of renewals.entries()) addPrescription(record, drug, { condition, visit, status: index === renewals.length - 1 ? 'active' : 'completed' });
    }
  }
};

const addPrescription = (record: PatientRecord, drug: Drug, { condition, visit, status }: { condition: string; visit: PatientRecord['seen'][number]; status: string }): void => {
  const { chart, patient, name, clinician } = record;
  const [value, unit] = drug.dose;
  const codes = [coding(systems.atc, drug.atc, drug.name), ...(drug.rxnorm === undefined ? [] : [coding(systems.rxnorm, drug.rxnorm, drug.name)])];
  const timing = drug.daily === 0 ? { asNeededBoolean: true } : { timing: { repeat: { frequency: drug.daily, period: 1, periodUnit: 'd' } } };
  chart.add('MedicationRequest', {
    identifier: [ownIdentifier('prescription', `${visit.encounter.slice(-12)}-${drug.atc}`)], status, intent: 'order',
    medicationCodeableConcept: { coding: codes, text: drug.name }, subject: reference(patient, name), encounter: reference(visit.encounter), authoredOn: measuredAt(record, visit.day),
    requester: reference(clinician.reference, nameOf(clinician)), reasonReference: [reference(condition)],
    dosageInstruction: [{ sequence: 1, text: drug.directions, ...timing, doseAndRate: [{ doseQuantity: { value, unit } }] }],
    dispenseRequest: { numberOfRepeatsAllowed: 3, expectedSupplyDuration: { value: 90, unit: 'days', system: systems.ucum, code: 'd' } },
  });
};

/** Adds one allergy to some, and to none twice. */
export const addAllergies = ({ chart, random, patient, name, world, clinician }: PatientRecord): void => {
  if (!random.chance(0.22)) return;
  const { snomed: code, category, criticality, reaction } = random.pick(allergies);
  chart.add('AllergyIntolerance', {
    clinicalStatus: hl7('allergyintolerance-clinical', 'active', 'Active'), verificationStatus: hl7('allergyintolerance-verification', 'confirmed', 'Confirmed'),
    type: 'allergy', category: [category], criticality, code: snomed(...code), patient: reference(patient, name),
    recordedDate: dateOf(world.firstDay), recorder: reference(clinician.reference),
    reaction: [{ manifestation: [snomed(...reaction)], severity: criticality === 'high' ? 'severe' : 'moderate' }],
  });
};

/** Adds the vaccinations that came due at a visit in these two years. */
export const addImmunizations = (record: PatientRecord): void => {
  const { chart, seen, random, patient, name, world, age, clinician } = record;
  for (const vaccine of vaccines.filter((row) => age >= row.age)) {
    for (const months of vaccine.months) {
      const visit = seen.find(({ day }) => day >= world.firstDay + months * 30);
      if (visit === undefined || !random.chance(0.7)) continue;
      chart.add('Immunization', {
        status: 'completed', vaccineCode: concept(coding(systems.cvx, vaccine.cvx, vaccine.name)), patient: reference(patient, name), encounter: reference(visit.encounter),
        occurrenceDateTime: measuredAt(record, visit.day), primarySource: true, location: reference(clinician.room), lotNumber: `L${String(random.between(10_000, 99_999))}`,
        site: hl7('v3-ActSite', 'LA', 'left arm'), route: hl7('v3-RouteOfAdministration', 'IM', 'Injection, intramuscular'), performer: [{ actor: reference(clinician.reference) }],
      });
    }
  }
};
