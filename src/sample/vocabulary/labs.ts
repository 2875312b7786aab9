/** Laboratory tests and vital signs: LOINC codes, UCUM units, reference ranges of adults, and how they are ordered together. */
import type { Unit } from '../coded.js';

export interface Test extends Unit {
  readonly code: string;
  readonly display: string;
  /** Reference range; an end that is open is left out. */
  readonly low?: number;
  readonly high?: number;
  /** Value around which a healthy person's results lie, and how far they scatter. */
  readonly usual: number;
  readonly scatter: number;
}

const test = (code: string, display: string, unit: readonly [ucum: string, digits: number, unit?: string], values: Omit<Test, 'code' | 'display' | keyof Unit>): Test => ({
  code, display, ucum: unit[0], digits: unit[1], unit: unit[2] ?? unit[0], ...values,
});

export const tests = {
  hba1c: test('4548-4', 'Hemoglobin A1c/Hemoglobin.total in Blood', ['%', 2], { low: 4, high: 5.6, usual: 5.2, scatter: 0.3 }),
  glucose: test('2345-7', 'Glucose [Mass/volume] in Serum or Plasma', ['mg/dL', 0], { low: 70, high: 99, usual: 88, scatter: 9 }),
  creatinine: test('2160-0', 'Creatinine [Mass/volume] in Serum or Plasma', ['mg/dL', 2], { low: 0.6, high: 1.2, usual: 0.9, scatter: 0.15 }),
  egfr: test('33914-3', 'Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum or Plasma by Creatinine-based formula (MDRD)', ['mL/min/{1.73_m2}', 0, 'mL/min/1.73m2'], { low: 60, usual: 92, scatter: 9 }),
  urea: test('3094-0', 'Urea nitrogen [Mass/volume] in Serum or Plasma', ['mg/dL', 1], { low: 7, high: 20, usual: 13, scatter: 4 }),
  sodium: test('2951-2', 'Sodium [Moles/volume] in Serum or Plasma', ['mmol/L', 0], { low: 135, high: 145, usual: 140, scatter: 3 }),
  potassium: test('2823-3', 'Potassium [Moles/volume] in Serum or Plasma', ['mmol/L', 2], { low: 3.5, high: 5.1, usual: 4.3, scatter: 0.5 }),
  cholesterol: test('2093-3', 'Cholesterol [Mass/volume] in Serum or Plasma', ['mg/dL', 0], { high: 200, usual: 178, scatter: 18 }),
  triglyceride: test('2571-8', 'Triglyceride [Mass/volume] in Serum or Plasma', ['mg/dL', 0], { high: 150, usual: 112, scatter: 28 }),
  hdl: test('2085-9', 'Cholesterol in HDL [Mass/volume] in Serum or Plasma', ['mg/dL', 0], { low: 40, usual: 56, scatter: 9 }),
  ldl: test('13457-7', 'Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation', ['mg/dL', 0], { high: 130, usual: 101, scatter: 16 }),
  tsh: test('3016-3', 'Thyrotropin [Units/volume] in Serum or Plasma', ['m[IU]/L', 2, 'mIU/L'], { low: 0.4, high: 4, usual: 1.9, scatter: 0.9 }),
  freeT4: test('3024-7', 'Thyroxine (T4) free [Mass/volume] in Serum or Plasma', ['ng/dL', 2], { low: 0.8, high: 1.8, usual: 1.25, scatter: 0.25 }),
  hemoglobin: test('718-7', 'Hemoglobin [Mass/volume] in Blood', ['g/dL', 1], { low: 12, high: 17, usual: 14.2, scatter: 1.1 }),
  hematocrit: test('4544-3', 'Hematocrit [Volume Fraction] of Blood by Automated count', ['%', 1], { low: 36, high: 50, usual: 42.4, scatter: 3 }),
  leukocytes: test('6690-2', 'Leukocytes [#/volume] in Blood by Automated count', ['10*3/uL', 2], { low: 4, high: 11, usual: 6.8, scatter: 1.8 }),
  platelets: test('777-3', 'Platelets [#/volume] in Blood by Automated count', ['10*3/uL', 0], { low: 150, high: 400, usual: 255, scatter: 60 }),
  ferritin: test('2276-4', 'Ferritin [Mass/volume] in Serum or Plasma', ['ng/mL', 1], { low: 15, high: 200, usual: 86, scatter: 35 }),
  weight: test('29463-7', 'Body weight', ['kg', 1], { usual: 74, scatter: 0.9 }),
  height: test('8302-2', 'Body height', ['cm', 0], { usual: 171, scatter: 0 }),
  bmi: test('39156-5', 'Body mass index (BMI) [Ratio]', ['kg/m2', 1], { low: 18.5, high: 25, usual: 24, scatter: 0 }),
  pulse: test('8867-4', 'Heart rate', ['/min', 0, 'beats/min'], { low: 60, high: 100, usual: 73, scatter: 9 }),
  temperature: test('8310-5', 'Body temperature', ['Cel', 1, '°C'], { low: 36.1, high: 37.5, usual: 36.7, scatter: 0.4 }),
  saturation: test('59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry', ['%', 0], { low: 94, usual: 97.6, scatter: 1.4 }),
  peakFlow: test('33452-4', 'Maximum expiratory gas flow Respiratory system airway by Peak flow meter', ['L/min', 0], { low: 380, usual: 455, scatter: 25 }),
  systolic: test('8480-6', 'Systolic blood pressure', ['mm[Hg]', 0, 'mmHg'], { high: 130, usual: 119, scatter: 7 }),
  diastolic: test('8462-4', 'Diastolic blood pressure', ['mm[Hg]', 0, 'mmHg'], { high: 85, usual: 76, scatter: 5 }),
} as const satisfies Record<string, Test>;

export type TestName = keyof typeof tests;

export interface Panel {
  readonly code: string;
  readonly display: string;
  readonly tests: readonly TestName[];
}

export const panels = {
  hba1c: { code: '4548-4', display: 'Hemoglobin A1c/Hemoglobin.total in Blood', tests: ['hba1c'] },
  metabolic: { code: '51990-0', display: 'Basic metabolic panel - Blood', tests: ['glucose', 'urea', 'creatinine', 'egfr', 'sodium', 'potassium'] },
  lipids: { code: '24331-1', display: 'Lipid 1996 panel - Serum or Plasma', tests: ['cholesterol', 'triglyceride', 'hdl', 'ldl'] },
  thyroid: { code: '3016-3', display: 'Thyrotropin [Units/volume] in Serum or Plasma', tests: ['tsh', 'freeT4'] },
  bloodCount: { code: '58410-2', display: 'CBC panel - Blood by Automated count', tests: ['hemoglobin', 'hematocrit', 'leukocytes', 'platelets'] },
  iron: { code: '2276-4', display: 'Ferritin [Mass/volume] in Serum or Plasma', tests: ['ferritin'] },
} as const satisfies Record<string, Panel>;

export type PanelName = keyof typeof panels;
