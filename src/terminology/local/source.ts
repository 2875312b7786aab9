/**
 * Where terminology resources come from: the R4 core ones, guide packages, what is stored in the server, imported files.
 * Code above this works as if everything were in memory; what is not yet there interrupts it, is read, and it starts again.
 */
import { keepNewest } from '../../core/keep-newest.js';
import type { MaybePromise } from '../port.js';
import type { TerminologyResources, TerminologyType } from '../resource.js';
import type { ConceptSystem } from './concept-system.js';

export type KnownCodeSystem = readonly [url: string, version: string | undefined, valueSet?: string | undefined];

export interface TerminologySource {
  /** Every version of a resource that is here; the one to take when no version is asked for first. */
  resources<T extends TerminologyType>(type: T, url: string): MaybePromise<readonly TerminologyResources[T][]>;
  /** Code systems that supplement the one with this URL. */
  supplements(url: string): MaybePromise<readonly TerminologyResources['CodeSystem'][]>;
  /** Concept maps, at most some thousands. */
  conceptMaps(): MaybePromise<readonly TerminologyResources['ConceptMap'][]>;
  /** Canonical URLs and versions of the code systems here, and of the value sets that are each of them as a whole. */
  codeSystems(): MaybePromise<readonly KnownCodeSystem[]>;
}

/** Code systems that are files made for lookup, not resources. */
export interface ImportedSystems {
  /** Versions that are imported, the newest first. */
  versions(url: string): readonly string[];
  open(url: string, version: string): ConceptSystem;
  readonly urls: readonly string[];
}

/** Thrown by work that needs something which is being read. */
export class NotYetRead extends Error {
  constructor(readonly ready: Promise<unknown>) {
    super('terminology resource is being read');
  }
}

/** Work that is interrupted more often reads what changes all the time; it then fails as any error does. */
const mostStarts = 500;

/** Returns what `work` returns: at once, or after what it lacked was read. */
export const settle = <T>(work: () => T, starts = mostStarts): MaybePromise<T> => {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof NotYetRead) || starts === 0) throw error;
    return error.ready.then(() => settle(work, starts - 1));
  }
};

/** Returns a function that gives the value for a key from `read`, kept until `forget`; while it is read it throws NotYetRead. */
export const makeMemo = <T>(read: (key: string) => MaybePromise<T>, capacity: number): { readonly get: (key: string) => T; readonly forget: () => void } => {
  let kept = new Map<string, { readonly value: T }>();
  const coming = new Map<string, Promise<void>>();
  const keep = (key: string, value: T): T => {
    keepNewest(kept, { key, value: { value }, most: capacity });
    return value;
  };
  const get = (key: string): T => {
    const known = kept.get(key);
    if (known !== undefined) return known.value;
    const before = coming.get(key);
    if (before !== undefined) throw new NotYetRead(before);
    const found = read(key);
    if (!(found instanceof Promise)) return keep(key, found);
    // What was asked for before `forget` may be out of date when it comes: it goes into the map of its time.
    const mine = kept;
    const ready = found.then((value) => { if (mine === kept) keep(key, value); }).finally(() => { coming.delete(key); });
    coming.set(key, ready);
    throw new NotYetRead(ready);
  };
  return { get, forget: () => { kept = new Map(); coming.clear(); } };
};
