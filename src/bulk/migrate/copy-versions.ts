/**
 * Copies versions in the order of the change feed, each with its number, time and exact text. Where to go on is not written
 * down anywhere: it is after the newest version that the copy has.
 */
import { makeBreather } from '../../core/breathe.js';
import { toInstant } from '../../core/clock.js';
import type { Registry } from '../../search/registry.js';
import type { Version, Write } from '../../store/resource.js';
import type { Store } from '../../store/store.js';
import { MigrationFault, portion } from './side.js';

export interface VersionCopy {
  readonly from: Store;
  readonly to: Store;
  /** Makes the index entries: those of the copy are made anew. */
  readonly registry: Registry;
  readonly signal: AbortSignal;
  readonly report: (seq: number) => void;
  /** Place of the feed to stop at: what is written meanwhile is for the next call. */
  readonly upTo: number;
  readonly isEnough?: (() => boolean) | undefined;
}

/** Characters of text in one commit; under what any engine takes. */
const textPerCommit = 4 * 1024 ** 2;

/** Resolves with the place in the source's feed up to which the copy has everything; rejects with a MigrationFault when it has anything else. */
export const copiedUpTo = async ({ from, to }: Pick<VersionCopy, 'from' | 'to'>): Promise<number> => {
  const { seq } = await to.head();
  const [newest] = seq === 0 ? [] : await to.changes(seq - 1, 1);
  if (newest === undefined) return 0;
  const same = await from.read(newest, newest.version);
  if (same === undefined || same.updated !== newest.updated || same.body !== newest.body) {
    throw new MigrationFault(`The store to copy to holds ${newest.type}/${newest.id} version ${String(newest.version)}, which the other one has not: it is no copy of it. Name an empty store.`);
  }
  return same.seq;
};

/** Copies what comes after a place of the source's feed; resolves with how many versions that were. */
export const copyVersions = async (copy: VersionCopy, after: number): Promise<number> => {
  let [at, copied] = [after, 0];
  for (;;) {
    if (at >= copy.upTo || copy.isEnough?.() === true) return copied;
    copy.signal.throwIfAborted();
    const versions = await copy.from.changes(at, portion);
    const last = versions.at(-1);
    if (last === undefined) return copied;
    for (const together of commitsOf(versions)) await store(copy, together);
    at = last.seq;
    copied += versions.length;
    copy.report(at);
  }
};

/** Versions that can be stored at once: of one resource there is one, and all are not too long. */
const commitsOf = (versions: readonly Version[]): Version[][] => {
  const commits: Version[][] = [];
  let [names, length] = [new Set<string>(), Infinity];
  for (const version of versions) {
    const name = `${version.type}/${version.id}`;
    if (names.has(name) || length > textPerCommit) {
      commits.push([]);
      [names, length] = [new Set(), 0];
    }
    names.add(name);
    length += version.body?.length ?? 0;
    commits.at(-1)?.push(version);
  }
  return commits;
};

const store = async ({ to, registry }: VersionCopy, versions: readonly Version[]): Promise<void> => {
  const breathe = makeBreather();
  const writes: Write[] = [];
  for (const version of versions) {
    writes.push(toWrite(version, registry));
    await breathe();
  }
  const result = await to.commit({ writes });
  if (!result.ok) throw new MigrationFault('The store to copy to was changed by someone else while it was copied to. Nobody may serve it before the migration has ended.');
};

const toWrite = ({ type, id, version, updated, method, body }: Version, registry: Registry): Write => {
  const head = { type, id, method, base: version - 1, updated };
  if (body === undefined) return { ...head, index: [] };
  // The time stands in the text; a store that writes it there once more changes nothing.
  const stampAt = body.indexOf(toInstant(updated));
  if (stampAt < 0) throw new MigrationFault(`${type}/${id} version ${String(version)} does not say when it was stored (meta.lastUpdated).`);
  return { ...head, body: { text: body, stampAt }, index: registry.extract(JSON.parse(body) as Record<string, unknown>) };
};
