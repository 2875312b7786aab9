/** Kinds of requests, as steps that each ask for names, for a record, or for values; and how many shards answer them. */
import type { Layout } from './layout.js';
import { shardOf } from './layout.js';
import type { Placed, World } from './world.js';

export type Step =
  | { readonly by: 'name'; readonly found: readonly Placed[] }
  | { readonly by: 'record'; readonly patient: string; readonly found: readonly Placed[] }
  | { readonly by: 'value'; readonly found: readonly Placed[] }
  /** One commit. */
  | { readonly by: 'commit'; readonly found: readonly Placed[] };

export interface Question {
  readonly about: string;
  /** Samples of the kind, each with its steps. */
  readonly samples: (world: World) => readonly (readonly Step[])[];
}

/** Samples of one kind at most, taken evenly. */
const most = 400;

const some = <T>(from: readonly T[]): T[] => {
  const every = Math.max(1, Math.floor(from.length / most));
  return from.filter((_, at) => at % every === 0).slice(0, most);
};

const ofType = (world: World, type: string): Placed[] => world.all.filter((placed) => placed.type === type);

const valuesOf = (world: World, param: string): string[] => [...world.byValue.keys()].filter((key) => key.startsWith(`${param}=`));

const having = (world: World, value: string, type: string): Placed[] => (world.byValue.get(value) ?? []).filter((placed) => placed.type === type);

const recordOf = (world: World, patient: string, type?: string): Step =>
  ({ by: 'record', patient, found: (world.byPatient.get(patient) ?? []).filter((placed) => type === undefined || placed.type === type) });

const besides = (world: World, record: Step): Step => {
  const names = new Set(record.found.flatMap(({ refers }) => refers));
  return { by: 'name', found: [...names].flatMap((name) => world.byName.get(name) ?? []).filter(({ patients }) => patients.length === 0) };
};

const patientsOf = (placed: readonly Placed[]): string[] => [...new Set(placed.flatMap(({ patients }) => patients))];

const visitsOf = (world: World): Placed[][] =>
  some(ofType(world, 'Encounter')).map((encounter) => [encounter, ...(world.byValue.get(`encounter=${encounter.name}`) ?? [])]);

export const questions: readonly Question[] = [
  { about: 'a resource by its id', samples: (world) => some(world.all).map((placed) => [{ by: 'name', found: [placed] }]) },
  { about: "a patient's Observations", samples: (world) => some(ofType(world, 'Patient')).map(({ name }) => [recordOf(world, name, 'Observation')]) },
  {
    about: "a patient's whole record, and who cared ($everything)",
    samples: (world) => some(ofType(world, 'Patient')).map(({ name }) => {
      const record = recordOf(world, name);
      return [record, besides(world, record)];
    }),
  },
  { about: 'a person by identifier', samples: (world) => some(ofType(world, 'Patient')).map((found) => [{ by: 'value', found: [found] }]) },
  { about: 'Observations by code', samples: (world) => some(valuesOf(world, 'code')).map((value) => [{ by: 'value', found: having(world, value, 'Observation') }]) },
  { about: 'what happened on a day', samples: (world) => some(valuesOf(world, 'date')).map((value) => [{ by: 'value', found: having(world, value, 'Encounter') }]) },
  { about: "a clinician's appointments", samples: (world) => some(valuesOf(world, 'actor').filter((value) => value.startsWith('actor=Practitioner/'))).map((value) => [{ by: 'value', found: having(world, value, 'Appointment') }]) },
  {
    about: 'chain: Observations of everybody of one name',
    samples: (world) => some(valuesOf(world, 'family')).map((value) => {
      const people = having(world, value, 'Patient');
      return [{ by: 'value', found: people }, ...people.map(({ name }) => recordOf(world, name, 'Observation'))];
    }),
  },
  {
    about: '_has: Patients with an Observation of a code',
    samples: (world) => some(valuesOf(world, 'code')).map((value) => {
      const found = having(world, value, 'Observation');
      return [{ by: 'value', found }, { by: 'name', found: patientsOf(found).slice(0, 20).flatMap((name) => world.byName.get(name) ?? []) }];
    }),
  },
  { about: 'history of a type, export, the feed', samples: (world) => [[{ by: 'value', found: ofType(world, 'Observation') }]] },
  { about: 'commit of one Observation', samples: (world) => some(ofType(world, 'Observation')).map((placed) => [{ by: 'commit', found: [placed] }]) },
  { about: 'commit of a visit and all that was noted in it', samples: (world) => visitsOf(world).map((found) => [{ by: 'commit', found }]) },
];

export interface Counted {
  /** Shards a request is sent to, on average. */
  readonly asked: number;
  /** Shards that have something of the answer. */
  readonly answering: number;
}

const all = (shards: number): number[] => Array.from({ length: shards }, (_, at) => at);

/**
 * A commit by name also changes the lane of its process and adds a record to the audit, which lie where their numbers fall. By record there is a lane
 * of the process on every shard, and the record of an access lies with the patient.
 */
const committed = (layout: Layout, found: readonly Placed[], shards: number): number[] => {
  const homes = found.flatMap(layout.homes);
  const [first] = found;
  return layout.isWhole ? homes : [...homes, shardOf('lane 7', shards), shardOf(`audit of ${first?.name ?? ''}`, shards)];
};

const askedOf = (layout: Layout, step: Step, shards: number): readonly number[] => {
  switch (step.by) {
    case 'name': return step.found.flatMap(layout.named);
    case 'record': {
      const home = layout.record(step.patient);
      return home === undefined ? all(shards) : [home];
    }
    case 'value': return all(shards);
    case 'commit': return committed(layout, step.found, shards);
  }
};

const mean = (numbers: readonly number[]): number => (numbers.length === 0 ? 0 : numbers.reduce((sum, each) => sum + each, 0) / numbers.length);

/** Returns over how many shards the samples of a question go. */
export const count = (layout: Layout, samples: readonly (readonly Step[])[], shards: number): Counted => ({
  asked: mean(samples.map((steps) => new Set(steps.flatMap((step) => askedOf(layout, step, shards))).size)),
  answering: mean(samples.map((steps) => new Set(steps.flatMap(({ found }) => found.flatMap((placed) => layout.homes(placed).slice(0, 1)))).size)),
});
