/**
 * Conditions without a race and without a lock: who asks for an identifier and who brings one change the same small document, so that of two
 * at once one has a write conflict and decides again (https://www.mongodb.com/docs/manual/core/transactions-production-consideration/).
 */
import type { AnyBulkWriteOperation } from 'mongoose';
import type { Predicate } from '../store/plan.js';
import type { Commit, Guard, Write } from '../store/resource.js';
import type { Keys } from '../store-index/keys.js';
import { nameOf } from './name.js';
import { valueKey } from './index-keys.js';
import type { GateDocument } from './model.js';
import { positionsPerLane } from './position.js';

/** Documents there are at most. Values that share one meet without need: now and then a transaction is run again. */
const gates = 2 ** 20;

const param = 'identifier';

const gateOf = (keys: Keys, type: string, code: string): number => valueKey(keys, keys.param(type, param), { within: 0, value: code }) % gates;

/** Returns the gates that everything a resource may newly be found by has to pass. */
export const gatesOf = ({ type, index }: Write, keys: Keys): number[] =>
  index.flatMap((entry) => (entry.kind === 'token' && entry.param === param && entry.within === undefined && entry.code !== undefined ? [gateOf(keys, type, entry.code)] : []));

/** Returns the gates of a condition; undefined when others than those who bring an identifier could make it untrue. */
export const gatesOfGuard = (guard: Guard, keys: Keys): number[] | undefined => {
  if (guard.kind !== 'matches') return [];
  const [type, another] = guard.plan.types;
  if (type === undefined || another !== undefined || guard.plan.where === undefined) return undefined;
  return codesOf(guard.plan.where)?.map((code) => gateOf(keys, type, code));
};

/** The identifiers, one of which every match has. */
const codesOf = (where: Predicate): string[] | undefined => {
  switch (where.op) {
    case 'token':
      return where.param === param && where.within === undefined && where.code !== undefined ? [where.code] : undefined;
    case 'and':
      return where.of.map(codesOf).find((codes) => codes !== undefined);
    case 'or': {
      const all = where.of.map(codesOf);
      return all.every((codes) => codes !== undefined) ? all.flat() : undefined;
    }
    default:
      return undefined;
  }
};

/** Returns whether nothing may be committed beside it, by whatever process. */
export const mustBeAlone = ({ writes, audit = [], outbox = [], guards = [], mark }: Commit, keys: Keys): boolean =>
  mark !== undefined || Math.max(writes.length, audit.length, outbox.length) > positionsPerLane
  || guards.some((guard) => gatesOfGuard(guard, keys) === undefined || (guard.kind === 'version' && guard.version === 0 && !writes.some((write) => nameOf(write) === nameOf(guard.key))));

/** Returns the change of a gate. */
export const toPassage = (gate: number): AnyBulkWriteOperation<GateDocument> => ({ updateOne: { filter: { _id: gate }, update: { $inc: { passed: 1 } }, upsert: true } });
