/** Reads that may take long, on whichever thread they are: searches, counts, histories through time, copies and checks of the file. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SearchPlan } from '../store/plan.js';
import type { HistoryPage, HistoryQuery } from '../store/resource.js';
import type { IndexFault } from '../store/store.js';
import { Cancelled, OverBudget } from '../store-index/work.js';
import { checkFiles, checkIndex } from './check.js';
import { makeSnapshots, openConnection, type Connection } from './connection.js';
import { failureOf, type Failure } from './failure.js';
import { grantsBackup, grantsFile } from './files.js';
import { makeFileKeys } from './keys.js';
import { makeReader } from './reader.js';
import { readLayout } from './schema.js';
import { makeExecutor, type FoundPage } from './search/execute.js';
import type { PackedIndex } from './write-service.js';

export type ReadRequest =
  | { readonly kind: 'search'; readonly plan: SearchPlan; readonly budget: number; readonly explain: boolean }
  | { readonly kind: 'count'; readonly plan: SearchPlan; readonly budget: number }
  | { readonly kind: 'history'; readonly query: HistoryQuery }
  | { readonly kind: 'backup'; readonly to: string }
  | { readonly kind: 'check-index'; readonly entries: readonly PackedIndex[] }
  | { readonly kind: 'check-files' };

export type ReadResult =
  | { readonly kind: 'page'; readonly page: FoundPage }
  /** `place` is that of the change feed at which it was counted. */
  | { readonly kind: 'count'; readonly count: number; readonly looked: number; readonly place: number }
  | { readonly kind: 'history'; readonly page: HistoryPage }
  | { readonly kind: 'checked'; readonly done: number; readonly faults: readonly IndexFault[] };

export type ReadAnswer = ReadResult | { readonly kind: 'failed'; readonly failure: Failure };

export interface ReadService {
  answer(request: ReadRequest, isCancelled: () => boolean): Promise<ReadAnswer>;
  close(): void;
}

export interface ReadServiceOptions {
  readonly file: string;
  readonly cacheMegabytes: number;
  readonly sortable: number;
}

/** Opens a connection for such reads. */
export const openReadService = ({ file, cacheMegabytes, sortable }: ReadServiceOptions): ReadService => {
  const database = openConnection({ file, mode: 'read', cacheMegabytes });
  const keys = makeFileKeys(readLayout(database));
  const executor = makeExecutor(database, keys, sortable);
  const reader = makeReader(database, keys);
  const atOnce = makeSnapshots(database);
  const run = async (request: ReadRequest, isCancelled: () => boolean): Promise<ReadResult> => {
    switch (request.kind) {
      case 'search':
        // The versions are read where they are sent from; their places are enough to travel.
        return { kind: 'page', page: { ...atOnce(() => executor.search(request.plan, { ...request, isCancelled })), rows: undefined } };
      case 'count':
        return { kind: 'count', ...atOnce(() => ({ ...executor.count(request.plan, { ...request, isCancelled }), place: executor.place() })) };
      case 'history':
        return { kind: 'history', page: reader.history(request.query) };
      case 'backup':
        await copyGrants(file, request.to);
        return copyTo(request.to, (to) => copyWhole(database, to));
      case 'check-index':
        return { kind: 'checked', done: request.entries.length, faults: atOnce(() => checkIndex(database, keys, request.entries)) };
      case 'check-files':
        return { kind: 'checked', ...atOnce(() => checkFiles(database, keys)) };
    }
  };
  return {
    answer: async (request, isCancelled) => {
      try {
        return await run(request, isCancelled);
      } catch (error) {
        const { message } = failureOf(error);
        if (error instanceof OverBudget) return { kind: 'failed', failure: { code: 'OverBudget', message } };
        if (error instanceof Cancelled) return { kind: 'failed', failure: { code: 'Cancelled', message } };
        return { kind: 'failed', failure: failureOf(error) };
      }
    },
    close: () => { database.close(); },
  };
};

/** All pages in one step: a copy made in several would begin anew with every commit. */
const copyWhole = (database: Connection, to: string): Promise<{ totalPages: number }> => database.backup(to, { progress: () => 0x7fff_ffff });

/** Accounts, apps and grants belong to a backup too; where there are none, none are copied. */
const copyGrants = async (file: string, to: string): Promise<void> => {
  const source = join(dirname(file), grantsFile);
  if (!existsSync(source)) return;
  const grants = openConnection({ file: source, mode: 'read' });
  try {
    await copyTo(grantsBackup(to), (part) => copyWhole(grants, part));
  } finally {
    grants.close();
  }
};

/** The copy has its name only when it is whole and on disk. */
const copyTo = async (to: string, copy: (to: string) => Promise<{ totalPages: number }>): Promise<ReadResult> => {
  const part = `${to}.part`;
  rmSync(part, { force: true });
  try {
    const { totalPages } = await copy(part);
    syncPath(part);
    renameSync(part, to);
    syncPath(dirname(to));
    return { kind: 'checked', done: totalPages, faults: [] };
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
};

const syncPath = (path: string): void => {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};
