/** What the patients of the clinic live with: codes, what is measured, what is given, what is agreed. Each row is one illness. */
import type { PanelName, TestName } from './labs.js';

export interface Drug {
  readonly atc: string;
  readonly rxnorm?: string;
  readonly name: string;
  readonly directions: string;
  /** Times a day; 0: when needed. */
  readonly daily: number;
  readonly dose: readonly [value: number, unit: string];
}

/** The course of a test under treatment: from where it was found to where it settles. */
export interface Course {
  readonly from: number;
  readonly to: number;
}

export interface Illness {
  readonly name: string;
  readonly snomed: readonly [code: string, display: string];
  readonly icd10: string;
  readonly panels: readonly PanelName[];
  readonly courses: Readonly<Partial<Record<TestName, Course>>>;
  readonly drugs: readonly Drug[];
  readonly plan?: { readonly title: string; readonly goal: string; readonly measure: TestName; readonly target: number; readonly wanted: 'below' | 'above'; readonly activities: readonly string[] };
  /** Share of the patients, and the age from which it appears. */
  readonly share: number;
  readonly age: number;
}

const tablet = (atc: string, name: string, more: { rxnorm?: string; directions: string; daily?: number; unit?: string }): Drug => ({
  atc, name, directions: more.directions, daily: more.daily ?? 1, dose: [1, more.unit ?? 'tablet'], ...(more.rxnorm === undefined ? {} : { rxnorm: more.rxnorm }),
});

export const illnesses: readonly Illness[] = [
  {
    name: 'diabetes', snomed: ['44054006', 'Type 2 diabetes mellitus'], icd10: 'E11.9', share: 0.16, age: 35, panels: ['hba1c', 'metabolic'],
    courses: { hba1c: { from: 8.9, to: 6.8 }, glucose: { from: 188, to: 131 }, weight: { from: 5, to: 0 } },
    drugs: [tablet('A10BA02', 'Metformin hydrochloride 500 MG Oral Tablet', { rxnorm: '861007', daily: 2, directions: 'One tablet in the morning and one in the evening, with a meal' })],
    plan: { title: 'Diabetes self-management plan', goal: 'Hemoglobin A1c below 7 %', measure: 'hba1c', target: 7, wanted: 'below', activities: ['Walk for 30 minutes on five days a week', 'Measure fasting glucose on Monday, Wednesday and Friday', 'See the dietitian for a meal plan', 'Have the feet and eyes checked once a year'] },
  },
  {
    name: 'hypertension', snomed: ['38341003', 'Hypertensive disorder'], icd10: 'I10', share: 0.31, age: 30, panels: ['metabolic'],
    courses: { systolic: { from: 156, to: 129 }, diastolic: { from: 97, to: 81 }, potassium: { from: 4.1, to: 4.5 } },
    drugs: [
      tablet('C09AA03', 'Lisinopril 10 MG Oral Tablet', { rxnorm: '314076', directions: 'One tablet in the morning' }),
      tablet('C08CA01', 'Amlodipine 5 MG Oral Tablet', { rxnorm: '197361', directions: 'One tablet in the evening' }),
    ],
    plan: { title: 'Blood pressure plan', goal: 'Systolic pressure below 130 mmHg', measure: 'systolic', target: 130, wanted: 'below', activities: ['Measure blood pressure at home, twice a week', 'Use less than 5 g of salt a day', 'Take the tablets at the same time each day'] },
  },
  {
    name: 'hyperlipidemia', snomed: ['55822004', 'Hyperlipidemia'], icd10: 'E78.5', share: 0.27, age: 35, panels: ['lipids'],
    courses: { cholesterol: { from: 262, to: 181 }, ldl: { from: 174, to: 96 }, triglyceride: { from: 205, to: 148 } },
    drugs: [tablet('C10AA05', 'Atorvastatin 20 MG Oral Tablet', { rxnorm: '617310', directions: 'One tablet at bedtime' })],
  },
  {
    name: 'hypothyroidism', snomed: ['40930008', 'Hypothyroidism'], icd10: 'E03.9', share: 0.08, age: 20, panels: ['thyroid'],
    courses: { tsh: { from: 9.6, to: 2.4 }, freeT4: { from: 0.71, to: 1.21 } },
    drugs: [tablet('H03AA01', 'Levothyroxine sodium 0.05 MG Oral Tablet', { directions: 'One tablet half an hour before breakfast' })],
  },
  {
    name: 'asthma', snomed: ['195967001', 'Asthma'], icd10: 'J45.909', share: 0.11, age: 6, panels: [],
    courses: { peakFlow: { from: 330, to: 425 }, saturation: { from: 95, to: 97 } },
    drugs: [{ atc: 'R03AC02', name: 'Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler', directions: 'Two puffs when short of breath, at most four times a day', daily: 0, dose: [2, 'puff'] }],
    plan: { title: 'Asthma action plan', goal: 'Peak flow above 400 L/min', measure: 'peakFlow', target: 400, wanted: 'above', activities: ['Keep a peak flow diary', 'Carry the reliever inhaler', 'Have the inhaler technique checked at each visit'] },
  },
  {
    name: 'kidney', snomed: ['433144002', 'Chronic kidney disease stage 3'], icd10: 'N18.30', share: 0.06, age: 55, panels: ['metabolic', 'bloodCount'],
    courses: { egfr: { from: 54, to: 43 }, creatinine: { from: 1.35, to: 1.7 }, urea: { from: 24, to: 31 } },
    drugs: [],
    plan: { title: 'Kidney protection plan', goal: 'Glomerular filtration rate stays above 40', measure: 'egfr', target: 40, wanted: 'above', activities: ['Avoid ibuprofen and similar painkillers', 'Drink enough on hot days', 'Have kidney values checked every three months'] },
  },
  {
    name: 'anemia', snomed: ['87522002', 'Iron deficiency anemia'], icd10: 'D50.9', share: 0.07, age: 15, panels: ['bloodCount', 'iron'],
    courses: { hemoglobin: { from: 9.8, to: 13.1 }, hematocrit: { from: 30.5, to: 39.6 }, ferritin: { from: 7, to: 48 } },
    drugs: [tablet('B03AA07', 'Ferrous sulfate 325 MG Oral Tablet', { rxnorm: '310325', directions: 'One tablet a day, not together with milk or tea' })],
  },
  {
    name: 'depression', snomed: ['35489007', 'Depressive disorder'], icd10: 'F32.9', share: 0.09, age: 16, panels: [], courses: {},
    drugs: [tablet('N06AB06', 'Sertraline 50 MG Oral Tablet', { rxnorm: '312941', directions: 'One tablet in the morning' })],
  },
  {
    name: 'reflux', snomed: ['235595009', 'Gastroesophageal reflux disease'], icd10: 'K21.9', share: 0.1, age: 20, panels: [], courses: {},
    drugs: [tablet('A02BC01', 'Omeprazole 20 MG Delayed Release Oral Capsule', { rxnorm: '198051', directions: 'One capsule before breakfast', unit: 'capsule' })],
  },
  {
    name: 'migraine', snomed: ['37796009', 'Migraine'], icd10: 'G43.909', share: 0.08, age: 12, panels: [], courses: {},
    drugs: [tablet('N02CC01', 'Sumatriptan 50 MG Oral Tablet', { daily: 0, directions: 'One tablet at the first sign of an attack, at most two a day' })],
  },
];

export interface Allergy {
  readonly snomed: readonly [code: string, display: string];
  readonly category: 'food' | 'medication' | 'environment';
  readonly criticality: 'low' | 'high';
  readonly reaction: readonly [code: string, display: string];
}

export const allergies: readonly Allergy[] = [
  { snomed: ['91936005', 'Allergy to penicillin'], category: 'medication', criticality: 'high', reaction: ['39579001', 'Anaphylaxis'] },
  { snomed: ['91935009', 'Allergy to peanut'], category: 'food', criticality: 'high', reaction: ['39579001', 'Anaphylaxis'] },
  { snomed: ['300913006', 'Allergy to shellfish'], category: 'food', criticality: 'low', reaction: ['126485001', 'Urticaria'] },
  { snomed: ['300916003', 'Allergy to latex'], category: 'environment', criticality: 'low', reaction: ['271807003', 'Eruption of skin'] },
];

export interface Vaccine {
  readonly cvx: string;
  readonly name: string;
  /** Months after the start of the record in which it is given, to those of this age or older. */
  readonly months: readonly number[];
  readonly age: number;
}

export const vaccines: readonly Vaccine[] = [
  { cvx: '140', name: 'Influenza, seasonal, injectable, preservative free', months: [3, 15], age: 1 },
  { cvx: '115', name: 'Tdap', months: [7], age: 11 },
  { cvx: '187', name: 'Zoster vaccine recombinant', months: [5, 9], age: 50 },
  { cvx: '33', name: 'Pneumococcal polysaccharide vaccine, 23 valent', months: [11], age: 65 },
];
