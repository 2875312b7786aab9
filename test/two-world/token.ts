/** The tokens that the two-world test asks with, and what each may see, said independently of the server. */
import type { Viewer } from '../../src/access/viewer.js';
import { patientToken, practitionerToken, serviceToken } from '../access/viewers.js';
import type { Sight, View } from './visible.js';
import { caredForBy, denialsIn, type World } from './world.js';

export interface Token {
  readonly name: string;
  readonly viewer: Viewer;
  readonly view: (world: World) => View;
}

const lab = 'http://terminology.hl7.org/CodeSystem/observation-category|laboratory';
const ofA = (scope: string, ...sights: readonly Sight[]): Token => ({ name: scope, viewer: patientToken('A', scope), view: (world) => ({ sights: sights.map((sight) => ({ patient: 'A', ...sight })), denials: denialsIn(world) }) });
const service = (scope: string, ...sights: readonly Sight[]): Token => ({ name: scope, viewer: serviceToken(scope), view: () => ({ sights, denials: [] }) });

/** What is the clinic's own: read by everyone who works there. */
const directory = ['Practitioner', 'PractitionerRole', 'Organization', 'Location', 'Medication', 'ValueSet'];
const sightsOfP = (world: World): Sight[] => [...directory.map((type) => ({ type })), { patient: 'nobody' }, ...caredForBy(world, 'P').map((patient): Sight => ({ patient, named: true }))];
const ofP = (scope: string): Token => ({ name: `P ${scope}`, viewer: practitionerToken('P', scope), view: (world) => ({ sights: sightsOfP(world), denials: denialsIn(world) }) });

export const tokens: readonly Token[] = [
  ofA('patient/*.rs', {}),
  ofA('patient/*.cruds', {}),
  ofA(`patient/Observation.rs?category=${lab}`, { type: 'Observation', category: 'laboratory' }),
  ofA(`patient/Observation.cruds?category=${lab} patient/Patient.rs`, { type: 'Observation', category: 'laboratory' }, { type: 'Patient' }),
  ofA('patient/Observation.rs', { type: 'Observation' }),
  ofA('patient/Patient.rs patient/Observation.s patient/Encounter.r', { type: 'Patient' }, { type: 'Observation' }, { type: 'Encounter' }),
  ofA('user/*.cruds', {}),
  ofA('patient/Observation.cud patient/Patient.read patient/Condition.*', { type: 'Observation' }, { type: 'Patient' }, { type: 'Condition' }),
  ofP('user/*.rs'),
  ofP('user/*.cruds'),
  service('system/Observation.rs', { type: 'Observation' }),
  service('system/Observation.cruds system/Patient.r', { type: 'Observation' }, { type: 'Patient' }),
];
