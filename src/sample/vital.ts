/** Vital signs of a visit, as http://hl7.org/fhir/StructureDefinition/vitalsigns has them: blood pressure is one Observation with two components. */
import { measuredAt } from './appointment.js';
import { loinc } from './coded.js';
import { addObservation, codeOf, measured, valueOn, type Taken } from './measure.js';
import type { PatientRecord, Seen } from './record.js';
import type { Tree } from './tree.js';
import type { TestName } from './vocabulary/labs.js';

/** Adds what is measured at a visit; height and temperature not at each. */
export const addVitals = (record: PatientRecord, seen: Seen, number: number): void => {
  const effective = measuredAt(record, seen.day);
  const taken: Taken = { category: 'vital-signs', status: 'final', encounter: seen.encounter, effective, issued: effective, performer: record.clinician.reference };
  const add = (name: TestName, value: number): void => { addObservation(record, taken, { code: codeOf(name), value: measured(name, value) }); };
  addPressure(record, taken, seen.day);
  add('pulse', valueOn(record, 'pulse', seen.day));
  const { height, weight } = bodyOf(record, seen.day);
  add('weight', weight);
  if (number % 3 === 0) {
    add('height', height);
    add('bmi', weight / (height / 100) ** 2);
  } else if (number % 3 === 1) add('temperature', valueOn(record, 'temperature', seen.day));
  if (record.illnesses.some(({ name }) => name === 'asthma')) {
    add('saturation', Math.min(100, valueOn(record, 'saturation', seen.day)));
    add('peakFlow', valueOn(record, 'peakFlow', seen.day));
  }
};

const addPressure = (record: PatientRecord, taken: Taken, day: number): void => {
  const young = Math.max(0, 18 - record.age) * 1.5;
  const component: Tree = (['systolic', 'diastolic'] as const).map((name) => ({ code: codeOf(name), ...measured(name, valueOn(record, name, day) - young) }));
  addObservation(record, taken, { code: loinc('85354-9', 'Blood pressure panel with all children optional'), value: { component } });
};

/** Each body has its own height and build, and keeps them; children grow. */
const bodyOf = (record: PatientRecord, day: number): { height: number; weight: number } => {
  const own = (record.birthDay % 101) / 100;
  const years = (day - record.birthDay) / 365.25;
  const adult = (record.female ? 156 : 168) + own * 20;
  const height = Math.round(years >= 17 ? adult : 50 + (adult - 50) * Math.min(1, (years / 17) ** 0.8));
  const build = years >= 17 ? 21 + ((record.birthDay % 37) / 37) * 9 : 15 + years * 0.4;
  const excess = record.illnesses.some(({ name }) => name === 'diabetes') ? valueOn(record, 'weight', day) : record.random.noise() * 0.8;
  return { height, weight: build * (height / 100) ** 2 + excess };
};
