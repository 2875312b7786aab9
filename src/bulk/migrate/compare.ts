/** Proves the copy: both feeds are read side by side, version by version, and what each type comes to is counted and hashed. */
import { createHash, type Hash } from 'node:crypto';
import { makeBreather } from '../../core/breathe.js';
import type { Version } from '../../store/resource.js';
import type { Store } from '../../store/store.js';
import { MigrationFault, portion } from './side.js';

export interface TypeProof {
  readonly type: string;
  readonly versions: number;
  /** Resources that are current and not deleted. */
  readonly resources: number;
  /** SHA-256 over all versions of the type in the order of the feed, in hexadecimal. */
  readonly sha256: string;
}

export interface Comparison {
  /** Compares on from where it stands to where the copy ends; resolves with how many versions that were. Rejects with a MigrationFault that names the first difference. */
  readonly advance: (signal: AbortSignal) => Promise<number>;
  /** What was compared, by type. */
  readonly result: () => readonly TypeProof[];
}

interface Tally {
  readonly hash: Hash;
  versions: number;
  resources: number;
}

/** Returns the comparison of a copy, at its beginning. */
export const makeComparison = (from: Store, to: Store): Comparison => {
  const types = new Map<string, Tally>();
  const deleted = new Set<string>();
  let [ours, theirs] = [0, 0];
  const add = (version: Version): void => {
    const tally = types.get(version.type) ?? { hash: createHash('sha256'), versions: 0, resources: 0 };
    const name = `${version.type}/${version.id}`;
    types.set(version.type, tally);
    tally.versions += 1;
    if (version.body === undefined) tally.resources -= deleted.has(name) ? 0 : 1;
    else if (version.version === 1 || deleted.has(name)) tally.resources += 1;
    if (version.body === undefined) deleted.add(name);
    else deleted.delete(name);
    tally.hash.update(JSON.stringify([version.id, version.version, version.updated, version.method, version.body ?? null]));
  };
  const advance = async (signal: AbortSignal): Promise<number> => {
    const breathe = makeBreather();
    let compared = 0;
    for (;;) {
      signal.throwIfAborted();
      const copied = await to.changes(theirs, portion);
      const last = copied.at(-1);
      if (last === undefined) return compared;
      const originals = await from.changes(ours, copied.length);
      for (const [at, version] of copied.entries()) {
        const original = originals[at];
        if (original === undefined || !isSame(version, original)) throw differs(version, original);
        add(original);
        await breathe();
      }
      compared += copied.length;
      theirs = last.seq;
      ours = originals.at(-1)?.seq ?? ours;
    }
  };
  const result = (): TypeProof[] => [...types].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, { hash, versions, resources }]) => ({ type, versions, resources, sha256: hash.copy().digest('hex') }));
  return { advance, result };
};

const isSame = (one: Version, other: Version): boolean =>
  one.type === other.type && one.id === other.id && one.version === other.version && one.updated === other.updated && one.method === other.method && one.body === other.body;

const nameOf = ({ type, id, version }: Version): string => `${type}/${id} version ${String(version)}`;

const differs = (copied: Version, original: Version | undefined): MigrationFault =>
  new MigrationFault(`The copy is not the same: it has ${nameOf(copied)} where the store has ${original === undefined ? 'nothing' : nameOf(original)}${original !== undefined && nameOf(original) === nameOf(copied) ? ' with another content' : ''}. The store was not switched.`);
