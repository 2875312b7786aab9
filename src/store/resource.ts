/**
 * Versions of resources and the one way to change them. A version is kept as its exact JSON text;
 * a delete is a version too (https://hl7.org/fhir/R4/http.html#history).
 */
import type { IndexEntry } from './index-entry.js';
import type { SearchPlan } from './plan.js';

export interface ResourceKey {
  readonly type: string;
  readonly id: string;
}

/** Types that tell of what happened to others and hold none of them: what they refer to may be deleted. */
export const tellingTypes: ReadonlySet<string> = new Set(['AuditEvent', 'Provenance']);

/** The HTTP verb that made the version, as history reports it. */
export type WriteMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Version extends ResourceKey {
  /** 1, 2, 3, ... without gaps per resource. */
  readonly version: number;
  /** Milliseconds since 1970; never decreases along the change feed. */
  readonly updated: number;
  /** Position in the change feed: rises with every version stored, in the order of commits. */
  readonly seq: number;
  readonly method: WriteMethod;
  /** The exact JSON text; undefined for a delete. */
  readonly body?: string | undefined;
}

/** One new version. */
export interface Write extends ResourceKey {
  readonly method: WriteMethod;
  /** Version that must be current for the write to happen; 0: the resource never existed. The new one is `base + 1`. */
  readonly base: number;
  /** For the copy of a version that another store has: its time there, not before that of any version here. The text has it already. */
  readonly updated?: number | undefined;
  /**
   * JSON text; 24 characters at `stampAt` are `meta.lastUpdated`, which the store fills in at the commit.
   * Undefined for a delete.
   */
  readonly body?: { readonly text: string; readonly stampAt: number } | undefined;
  readonly index: readonly IndexEntry[];
}

/** What must still be true inside the commit, so that conditions are decided without a race. */
export type Guard =
  /** The plan finds exactly `expected` ("Type/id"). `claim` is the canonical criteria: commits with one claim exclude each other. */
  | { readonly kind: 'matches'; readonly claim: string; readonly plan: SearchPlan; readonly expected: readonly string[] }
  /** The resource exists and is not deleted. */
  | { readonly kind: 'exists'; readonly key: ResourceKey }
  /** The resource is at this version: 0 never existed. */
  | { readonly kind: 'version'; readonly key: ResourceKey; readonly version: number }
  /** Nothing outside of this commit refers to the resource, but those that `except` names ("Type/id"); `also` names reference parameters beside those of R4. */
  | { readonly kind: 'unreferenced'; readonly key: ResourceKey; readonly also?: readonly OwnParam[] | undefined; readonly except?: readonly string[] | undefined };

/** A parameter of a type, as its entries are called. */
export interface OwnParam {
  readonly type: string;
  readonly param: string;
}

/** An answer kept for an Idempotency-Key. */
export interface StoredAnswer {
  /** Hash of caller and key. */
  readonly key: string;
  /** Hash of the request. */
  readonly fingerprint: string;
  readonly expires: number;
  /** JSON text from which the answer can be made again: statuses and the versions they speak of. */
  readonly answer: string;
}

/** One record of the append-only audit journal, canonical bytes as text. */
export interface AuditRecord {
  readonly text: string;
  /** For the copy of a record that another store has: its number there, after all that are here. */
  readonly number?: number | undefined;
}

/** Something to do after the commit, kept until done. */
export interface OutboxRecord {
  readonly topic: string;
  readonly text: string;
}

/**
 * Whether this data may be served, kept with it: `open` it may (what was never marked is open), `copying` it is an unfinished
 * copy of another store, `moved` another store has taken its place. `text` says from or to where, for the operator.
 */
export interface StoreMark {
  readonly state: 'open' | 'copying' | 'moved';
  readonly text: string;
}

/** Everything that becomes true together or not at all. */
export interface Commit {
  readonly writes: readonly Write[];
  readonly guards?: readonly Guard[] | undefined;
  readonly audit?: readonly AuditRecord[] | undefined;
  readonly outbox?: readonly OutboxRecord[] | undefined;
  readonly answer?: StoredAnswer | undefined;
  /** Marks the store from now on. Where it is marked `moved` only a commit that marks it anew is taken; others reject with `store-moved`. */
  readonly mark?: StoreMark | undefined;
  /**
   * Only says what the commit would come to: bases and guards are checked in one consistent moment, nothing is stored, no
   * feed position is used up. The result has the `updated` it would have had and the feed position as it is.
   */
  readonly dryRun?: true | undefined;
}

export type CommitResult =
  | { readonly ok: true; /** Milliseconds since 1970, the `lastUpdated` of every write. */ readonly updated: number; /** Feed position of the last write. */ readonly seq: number }
  /** Nothing was stored. `write`, `guard`: index of the one that failed; `answer`: the key is taken. */
  | { readonly ok: false; readonly failed: 'write' | 'guard' | 'answer'; readonly index: number };

export interface HistoryQuery {
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  /** Only versions at or after this time. */
  readonly since?: number | undefined;
  /** Only versions that were current at some moment of [low, high]. */
  readonly at?: { readonly low: number; readonly high: number } | undefined;
  readonly count: number;
  /** Only versions before this feed position: newest first. */
  readonly before?: number | undefined;
}

export interface HistoryPage {
  /** Newest first. */
  readonly versions: readonly Version[];
  readonly more: boolean;
  /** Versions of the whole history asked for, over all pages. */
  readonly total: number;
}

/** One step of how a page was found, in the words of the plan. */
export interface SearchStep {
  /** What was looked through: `token status`, `all Observation`, `filter`, `sort`. */
  readonly step: string;
  /** Whether an index answered it; a step without one looks at every resource before it. */
  readonly indexed: boolean;
  /** Rows looked at. */
  readonly rows: number;
  readonly ms: number;
}

/** Matches as they are sent, in UTF-8. */
export interface FramedMatches {
  readonly bytes: Buffer;
  /** How many there are, one at least. */
  readonly count: number;
}

export interface SearchPage {
  /** None where `framed` has them. */
  readonly matches: readonly Version[];
  readonly framed?: FramedMatches | undefined;
  /** Where the next page starts; undefined at the end. */
  readonly next?: readonly (string | number | null)[] | undefined;
  /** Where asked for. */
  readonly steps?: readonly SearchStep[] | undefined;
}
