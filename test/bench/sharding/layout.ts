/**
 * Two ways to place documents on shards. By name: each resource lies where the hash of `Type/id` falls. By record: everything of a patient lies where
 * the hash of the patient falls, in one of 4,096 zones (https://www.mongodb.com/docs/manual/core/zone-sharding/).
 */
import { createHash } from 'node:crypto';
import type { Placed } from './world.js';

export interface Layout {
  /** Shards that hold what is searched of the resource; the first holds its versions. */
  readonly homes: (placed: Placed) => readonly number[];
  /** Shards that are asked for a resource of which only the name is known. */
  readonly named: (placed: Placed) => readonly number[];
  /** Shards that are asked for what is of a patient's record; undefined: all. */
  readonly record: (patient: string) => number | undefined;
  /** Whether what a commit writes beside resources, its lane and its record in the audit, lies with them. */
  readonly isWhole: boolean;
}

const zones = 4_096;

/** Returns a number of [0, 1) that depends on all of the text. */
export const spread = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;

/** Returns which of so many shards a text falls on. */
export const shardOf = (text: string, shards: number): number => Math.floor(spread(text) * shards);

const zoneShard = (text: string, shards: number): number => Math.floor((Math.floor(spread(text) * zones) / zones) * shards);

/** Returns the layout by name. */
export const byName = (shards: number): Layout => {
  const home = ({ name }: Placed): readonly number[] => [shardOf(name, shards)];
  return { homes: home, named: home, record: () => undefined, isWhole: false };
};

/**
 * Returns the layout by record. What is of several records has what is searched of it in each. Where a resource lies is not told by its name,
 * unless it is a patient: a directory, itself placed by name, is asked first.
 */
export const byRecord = (shards: number): Layout => {
  const homes = ({ name, patients }: Placed): readonly number[] => [...new Set((patients.length === 0 ? [name] : patients).map((home) => zoneShard(home, shards)))];
  const named = (placed: Placed): readonly number[] => {
    const [home = 0] = homes(placed);
    return placed.type === 'Patient' ? [home] : [...new Set([shardOf(placed.name, shards), home])];
  };
  return { homes, named, record: (patient) => zoneShard(patient, shards), isWhole: true };
};
