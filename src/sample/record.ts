/** One patient while the record is made. */
import type { Random } from './random.js';
import type { Profile, Visit } from './visit.js';
import type { Chart, Clinician, World } from './world.js';

/** What the makers of the parts of a record share. */
export interface PatientRecord extends Profile {
  readonly world: World;
  readonly chart: Chart;
  readonly random: Random;
  readonly clinician: Clinician;
  /** Place on the clinician's panel. */
  readonly place: number;
  /** `Patient/...`, and what people call the person. */
  readonly patient: string;
  readonly given: string;
  readonly name: string;
  /** Visits that took place, oldest first, with their encounters. */
  readonly seen: readonly Seen[];
}

export interface Seen extends Visit {
  readonly encounter: string;
}
