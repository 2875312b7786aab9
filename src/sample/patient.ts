/** One patient's whole record: the person, the team, and what happened at each visit. */
import { dateOf } from './calendar.js';
import { hl7, ownIdentifier, reference, snomed } from './coded.js';
import { makeRandom, type Random } from './random.js';
import { familyNames, femaleNames, maleNames, streets, towns } from './vocabulary/names.js';
import { Chart, clinicianOf, nameOf, panelSize, type SampleGroup, type World } from './world.js';
import { addAppointment, addEncounter } from './appointment.js';
import { addLabs } from './lab.js';
import { addVitals } from './vital.js';
import { addAllergies, addConditions, addImmunizations, addMedications } from './history.js';
import { addPlans } from './plan.js';
import { addConversations } from './message.js';
import type { PatientRecord, Seen } from './record.js';
import { profileOf, visitsOf } from './visit.js';

const patientKey = 5;

/** Returns the reference of the patient with this index. */
export const patientReference = (world: World, index: number): string => `Patient/${makeRandom(world.seed, patientKey, index).uuid()}`;

/** Returns the record of the patient with this index as one group. */
export const patientGroup = (world: World, index: number): SampleGroup => {
  const random = makeRandom(world.seed, patientKey, index);
  const chart = new Chart(() => random.uuid());
  const patient = `Patient/${random.uuid()}`;
  const profile = profileOf(world, index);
  const given = random.pick<string>(profile.female ? femaleNames : maleNames);
  const family = random.pick(familyNames);
  const place = index % panelSize;
  const base = { ...profile, world, chart, random, patient, given, place, name: `${given} ${family}`, clinician: clinicianOf(world, Math.floor(index / panelSize)) };
  addPerson({ ...base, seen: [] }, { family, index });
  const seen: Seen[] = [];
  for (const visit of visitsOf(world, index)) {
    const appointment = addAppointment({ ...base, seen }, visit);
    if (visit.status === 'fulfilled') seen.push({ ...visit, encounter: addEncounter({ ...base, seen }, visit, appointment) });
  }
  addClinicalParts({ ...base, seen });
  return { kind: 'patient', resources: chart.resources };
};

const addClinicalParts = (record: PatientRecord): void => {
  const conditions = addConditions(record);
  addAllergies(record);
  addMedications(record, conditions);
  addImmunizations(record);
  for (const [number, seen] of record.seen.entries()) {
    addVitals(record, seen, number);
    if (seen.labs) addLabs(record, seen);
  }
  addPlans(record, conditions);
  addConversations(record);
};

const addPerson = (record: PatientRecord, { family, index }: { family: string; index: number }): void => {
  const { chart, random, patient, clinician, female, birthDay, given, age } = record;
  const number = String(index + 1).padStart(7, '0');
  const second = random.pick<string>(female ? femaleNames : maleNames);
  chart.addAs(patient, {
    identifier: [{ use: 'usual', type: hl7('v2-0203', 'MR', 'Medical record number'), ...ownIdentifier('mrn', `MRN-${number}`), assigner: reference(clinician.site.organization, clinician.site.name) }],
    active: true, name: [{ use: 'official', family, given: second === given ? [given] : [given, second] }],
    telecom: [
      { system: 'phone', value: `555-01${String(random.between(0, 99)).padStart(2, '0')}`, use: 'mobile' },
      { system: 'email', value: `patient${number}@example.org`, use: 'home' },
    ],
    gender: female ? 'female' : 'male', birthDate: dateOf(birthDay),
    address: [{ use: 'home', line: [`${String(random.between(1, 190))} ${random.pick<string>(streets)}`], ...random.pick(towns), country: 'US' }],
    maritalStatus: age < 18 ? undefined : maritalStatus(random),
    communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'en', display: 'English' }] }, preferred: true }],
    generalPractitioner: [reference(clinician.reference, nameOf(clinician))], managingOrganization: reference(clinician.site.organization, clinician.site.name),
  });
  chart.add('CareTeam', {
    status: 'active', name: `Care team of ${record.name}`, subject: reference(patient, record.name), period: { start: dateOf(record.world.firstDay) },
    participant: [{ role: [snomed('446050000', 'Primary care provider')], member: reference(clinician.reference, nameOf(clinician)), onBehalfOf: reference(clinician.site.organization) }],
    managingOrganization: [reference(clinician.site.organization)],
  });
};

const maritalStatus = (random: Random) => {
  const [code, display] = random.pick([['M', 'Married'], ['S', 'Never Married'], ['D', 'Divorced'], ['W', 'Widowed']] as const);
  return hl7('v3-MaritalStatus', code, display);
};
