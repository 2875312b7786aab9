/**
 * The store port: what every engine does. The engine half is the smallest set of methods that can carry the server;
 * `test/suite/store.suite.ts` is the contract in executable form.
 */
import type { Ending } from '../core/ending.js';
import type { Position, SearchPlan } from './plan.js';
import type { Commit, CommitResult, HistoryPage, HistoryQuery, OwnParam, ResourceKey, SearchPage, StoredAnswer, StoreMark, Version } from './resource.js';

/** Where engines may differ; everything else may not. */
export interface Supports {
  /** Predicate operators the engine evaluates. */
  readonly predicates: ReadonlySet<string>;
  /** Largest number of writes in one commit. */
  readonly writesPerCommit: number;
  /** Largest number of bytes of resource text in one commit; undefined: none of its own. */
  readonly bytesPerCommit?: number | undefined;
}

export interface StoreStatistics {
  /** Current, not deleted resources by type. */
  readonly resources: Readonly<Record<string, number>>;
  /** Versions ever stored. */
  readonly versions: number;
  /** Bytes on disk. */
  readonly bytes: number;
  /** Highest feed position. */
  readonly seq: number;
}

/** What is quick to know of a store, however large it is. */
export interface StoreHead {
  /** Highest feed position. */
  readonly seq: number;
  readonly mark: StoreMark;
}

export type AnswerQuery = { readonly key: string } | { readonly after: string; readonly limit: number };

/** A kept record of the journal or the outbox. */
export interface Numbered {
  readonly number: number;
  readonly topic: string;
  readonly text: string;
}

export interface IndexFault extends ResourceKey {
  readonly problem: string;
}

/** What stands around each match where a page is sent as it is stored: `before`, its id, `between`, its text, `after`. */
export interface Frame {
  readonly before: string;
  readonly between: string;
  readonly after: string;
  /** Behind the last one; there is a comma behind each other. */
  readonly end: string;
}

/** How a search is run, beside what it asks for. */
export interface SearchRun {
  /** Ends the search when nobody waits for it any more; it then rejects with the reason of the signal. */
  readonly signal?: Ending | undefined;
  /** Index rows and resources it may look at; beyond, it rejects with `too-costly`. Undefined: the engine's own bound. */
  readonly budget?: number | undefined;
  /** Whether the page says how it was found. */
  readonly explain?: boolean | undefined;
  /** The matches of a plan of one type are wanted as bytes. An engine gives them so where that spares work, and as ever where it does not. */
  readonly frame?: Frame | undefined;
}

/** What a client is told of it. */
export const movedText = 'The data has moved to another store, and this server no longer keeps it. Nothing was stored.';

/** The store was marked `moved`: nothing is stored here any more. */
export class StoreMoved extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'StoreMoved';
  }
}

/** Another process has the store open; the message says which. */
export class StoreInUse extends Error {}

export interface Store {
  /** Tells this data from any other, wherever it is opened: what names places in it, such as page links, is bound to it. */
  readonly id: string;
  readonly supports: Supports;
  /** All or nothing, durable when the promise resolves; later reads see it. With `dryRun` nothing is stored and nothing changes. */
  commit(commit: Commit): Promise<CommitResult>;
  /** The current version, deletes included, or the numbered one; undefined when there is none. */
  read(key: ResourceKey, version?: number): Promise<Version | undefined>;
  /** Whether another current resource refers to this one; `also` names reference parameters beside those of R4. */
  isReferenced(key: ResourceKey, also?: readonly OwnParam[]): Promise<boolean>;
  /** One page of current, not deleted resources; one consistent moment. */
  search(plan: SearchPlan, run?: SearchRun): Promise<SearchPage>;
  /** How many the plan finds over all pages. */
  count(plan: SearchPlan, run?: SearchRun): Promise<number>;
  history(query: HistoryQuery): Promise<HistoryPage>;
  /** Versions after a feed position, oldest first; what is returned is complete up to its last `seq`. */
  changes(after: number, limit: number): Promise<readonly Version[]>;
  /** Answers kept for idempotency keys, expired ones left out: that of one key, or the first ones after a key in their order. */
  answers(query: AnswerQuery, now: number): Promise<readonly StoredAnswer[]>;
  /** Records of the audit journal or the outbox after a number, oldest first. */
  records(journal: 'audit' | 'outbox', after: number, limit: number): Promise<readonly Numbered[]>;
  head(): Promise<StoreHead>;
  statistics(): Promise<StoreStatistics>;
  maintain(task: MaintenanceTask): Promise<MaintenanceReport>;
  close(): Promise<void>;
}

export type MaintenanceTask =
  /** Copy a consistent snapshot to a new file, while serving. */
  | { readonly task: 'backup'; readonly to: string }
  /** Write the index of these resources anew; the bodies stay. */
  | { readonly task: 'reindex'; readonly entries: readonly { readonly key: ResourceKey; readonly version: number; readonly index: Commit['writes'][number]['index'] }[] }
  /** Compare the kept index of these resources with the given one. */
  | { readonly task: 'check-index'; readonly entries: readonly { readonly key: ResourceKey; readonly version: number; readonly index: Commit['writes'][number]['index'] }[] }
  /** Delete expired answers. */
  | { readonly task: 'expire'; readonly now: number }
  /**
   * Remove the oldest records of the audit's journal up to a number, and what the deleted AuditEvents with these ids said before they were
   * deleted. An engine may leave the last few; numbers are never given again.
   */
  | { readonly task: 'expire-audit'; readonly upTo: number; readonly events: readonly string[] }
  /** The engine's own check of its files. */
  | { readonly task: 'check-files' };

export interface MaintenanceReport {
  /** How many were handled. */
  readonly done: number;
  readonly faults: readonly IndexFault[];
}

export type { Position };
