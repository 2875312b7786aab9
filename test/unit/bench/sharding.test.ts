/** The simulation of shards: what must be so for any layout, and for the two it compares. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { byName, byRecord } from '../../bench/sharding/layout.js';
import { count, questions } from '../../bench/sharding/question.js';
import { fanOutTable, sizeTable, skewOf, skewTable } from '../../bench/sharding/run.js';
import { estimate, sizesOf } from '../../bench/sharding/size.js';
import { clinicWorld, placedOf, type World } from '../../bench/sharding/world.js';

let world: World;
beforeAll(() => { world = clinicWorld(12); });

const asked = (about: string, layout: typeof byName, shards: number): number => {
  const question = questions.find((each) => each.about === about);
  return count(layout(shards), question?.samples(world) ?? [], shards).asked;
};

describe('the simulation of shards', () => {
  it('knows whose record a resource is of, also where the parameter of the compartment is another one in the index', () => {
    const condition = placedOf('Condition', 'c', '{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"},"encounter":{"reference":"Encounter/e"}}');
    expect(condition).toMatchObject({ name: 'Condition/c', patients: ['Patient/p'], values: ['encounter=Encounter/e'] });
    expect([...condition.refers].sort()).toEqual(['Encounter/e', 'Patient/p']);
    expect(condition.version).toBeGreaterThan(130);
    expect(placedOf('Patient', 'p', '{"resourceType":"Patient","id":"p"}').patients).toEqual(['Patient/p']);
    expect(placedOf('Location', 'l', '{"resourceType":"Location","id":"l"}').patients).toEqual([]);
  });

  it('asks one shard where there is one, whatever is asked', () => {
    for (const { samples } of questions) {
      for (const layout of [byName(1), byRecord(1)]) expect(count(layout, samples(world), 1).asked).toBe(1);
    }
  });

  it('keeps the record of a patient on one shard by record, and asks all of them by name', () => {
    expect(asked("a patient's Observations", byRecord, 16)).toBe(1);
    expect(asked("a patient's Observations", byName, 16)).toBe(16);
    expect(asked('commit of one Observation', byRecord, 16)).toBe(1);
    expect(asked('commit of one Observation', byName, 16)).toBeGreaterThan(2);
    expect(asked('a resource by its id', byName, 16)).toBe(1);
    expect(asked('a resource by its id', byRecord, 16)).toBeGreaterThan(1);
  });

  it('never counts more shards than there are, nor more that answer than are asked', () => {
    for (const { samples } of questions) {
      for (const layout of [byName(5), byRecord(5)]) {
        const { asked: sent, answering } = count(layout, samples(world), 5);
        expect(sent).toBeLessThanOrEqual(5);
        expect(answering).toBeLessThanOrEqual(sent);
      }
    }
  });

  it('puts what is of two records in both', () => {
    const shared = placedOf('Appointment', 'a', '{"resourceType":"Appointment","id":"a","participant":[{"actor":{"reference":"Patient/p1"}},{"actor":{"reference":"Patient/p2"}},{"actor":{"reference":"Patient/p7"}}]}');
    const homes = byRecord(64).homes(shared);
    expect(homes.length).toBeGreaterThan(1);
    expect(homes).toEqual([...new Set(['Patient/p1', 'Patient/p2', 'Patient/p7'].map((patient) => byRecord(64).record(patient)))]);
    expect(skewOf({ ...world, all: [shared] }, byRecord(64), 64).copies).toBe(homes.length - 1);
  });

  it('prints a row for each number of shards, question and size', () => {
    expect(skewTable(world, [2, 4]).split('\n')).toHaveLength(4);
    expect(fanOutTable(world, [2]).split('\n')).toHaveLength(questions.length + 2);
    expect(sizeTable(world, [1e9]).split('\n')).toHaveLength(3);
  });

  it('needs twice as much for twice as many', () => {
    const sizes = sizesOf(world);
    expect(estimate(sizes, 2e9).documents).toBeCloseTo(2 * estimate(sizes, 1e9).documents, -3);
    expect(estimate(sizes, 1e10).shards).toBeGreaterThan(estimate(sizes, 1e9).shards);
  });
});
