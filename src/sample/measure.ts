/** Values with a trend: each test follows the course of the patient's illnesses, settling over the two years, and scatters as the body does. */
import { hl7, loinc, quantity, reference } from './coded.js';
import type { PatientRecord } from './record.js';
import type { Members, Tree } from './tree.js';
import { tests, type Test, type TestName } from './vocabulary/labs.js';

/** Days in which two thirds of an improvement have come about. */
const settling = 260;

/** Returns what the test shows on a day, and how far it then is from healthy. */
export const valueOn = ({ world, illnesses, random }: PatientRecord, name: TestName, day: number): number => {
  const { usual, scatter }: Test = tests[name];
  const course = illnesses.map(({ courses }) => courses[name]).find((found) => found !== undefined);
  const noise = random.noise() * scatter;
  if (course === undefined) return usual + noise;
  return course.to + (course.from - course.to) * Math.exp((world.firstDay - day) / settling) + noise * 0.6;
};

/** The number as it is written, so that flags and text agree with it. */
const written = (value: number, { digits }: Test): number => Number(value.toFixed(digits));

const flag = (value: number, { low, high }: Test): Members | undefined => {
  if (low === undefined && high === undefined) return undefined;
  if (low !== undefined && value < low) return hl7('v3-ObservationInterpretation', 'L', 'Low');
  return high !== undefined && value > high ? hl7('v3-ObservationInterpretation', 'H', 'High') : hl7('v3-ObservationInterpretation', 'N', 'Normal');
};

/** Returns value, flag and reference range of a measurement: members of an Observation or of one of its components. */
export const measured = (name: TestName, value: number): Members => {
  const test: Test = tests[name];
  const { low, high } = test;
  const range = low === undefined && high === undefined ? undefined : [{
    low: low === undefined ? undefined : quantity(low, test), high: high === undefined ? undefined : quantity(high, test),
    type: hl7('referencerange-meaning', 'normal', 'Normal Range'),
  }];
  const interpretation = flag(written(value, test), test);
  return { valueQuantity: quantity(value, test), interpretation: interpretation && [interpretation], referenceRange: range };
};

export interface Taken {
  readonly category: 'laboratory' | 'vital-signs';
  readonly status: string;
  readonly encounter: string;
  /** Instants. */
  readonly effective: string;
  readonly issued: string;
  readonly performer: string;
}

const categories = { 'laboratory': 'Laboratory', 'vital-signs': 'Vital Signs' } as const;

/** Adds an Observation with the members that hold its value; returns its reference. */
export const addObservation = ({ chart, patient, name }: PatientRecord, taken: Taken, { code, value }: { code: Members; value: { readonly [name: string]: Tree } }): string =>
  chart.add('Observation', {
    status: taken.status, category: [hl7('observation-category', taken.category, categories[taken.category])], code, subject: reference(patient, name),
    encounter: reference(taken.encounter), effectiveDateTime: taken.effective, issued: taken.issued, performer: [reference(taken.performer)], ...value,
  });

/** Returns the code of a test as LOINC has it. */
export const codeOf = (name: TestName): Members => loinc(tests[name].code, tests[name].display);

