/** The tokens that the two-world test asks with, and what each may see, said independently of the server. */
import type { Viewer } from '../../src/access/viewer.js';
import { patientToken, serviceToken } from '../access/viewers.js';
import type { Sight } from './visible.js';

export interface Token {
  readonly name: string;
  readonly viewer: Viewer;
  readonly sights: readonly Sight[];
}

const lab = 'http://terminology.hl7.org/CodeSystem/observation-category|laboratory';
const ofA = (scope: string, ...sights: readonly Sight[]): Token => ({ name: scope, viewer: patientToken('A', scope), sights: sights.map((sight) => ({ patient: 'A', ...sight })) });
const service = (scope: string, ...sights: readonly Sight[]): Token => ({ name: scope, viewer: serviceToken(scope), sights });

export const tokens: readonly Token[] = [
  ofA('patient/*.rs', {}),
  ofA('patient/*.cruds', {}),
  ofA(`patient/Observation.rs?category=${lab}`, { type: 'Observation', category: 'laboratory' }),
  ofA(`patient/Observation.cruds?category=${lab} patient/Patient.rs`, { type: 'Observation', category: 'laboratory' }, { type: 'Patient' }),
  ofA('patient/Observation.rs', { type: 'Observation' }),
  ofA('patient/Patient.rs patient/Observation.s patient/Encounter.r', { type: 'Patient' }, { type: 'Observation' }, { type: 'Encounter' }),
  ofA('user/*.cruds', {}),
  ofA('patient/Observation.cud patient/Patient.read patient/Condition.*', { type: 'Observation' }, { type: 'Patient' }, { type: 'Condition' }),
  service('system/Observation.rs', { type: 'Observation' }),
  service('system/Observation.cruds system/Patient.r', { type: 'Observation' }, { type: 'Patient' }),
];
