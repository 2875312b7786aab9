/** How far the index of each search parameter of one's own is, kept in a file or with a lease, so that a killed server goes on where it was. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moveDurably } from '../../core/durable.js';
import type { Hold } from '../../scheduler/hold.js';
import type { Position } from '../../store/plan.js';

export interface IndexState {
  /** Of the definition that is indexed. */
  readonly fingerprint: string;
  readonly done: boolean;
  /** Where it goes on. */
  readonly type?: string | undefined;
  readonly after?: Position | undefined;
}

/** By URL. */
export type IndexStates = Readonly<Record<string, IndexState>>;

export interface StateFile {
  read(): Promise<IndexStates>;
  write(states: IndexStates): Promise<void>;
}

/** Returns the states as processes that share a store keep them: with the lease of who indexes. */
export const makeSharedStates = (hold: Hold): StateFile => ({
  read: async () => {
    const text = await hold.read() ?? '';
    return text === '' ? {} : JSON.parse(text) as IndexStates;
  },
  write: (states) => hold.note(JSON.stringify(states)),
});

/** Returns the path of the file in the folder of what the server keeps. */
export const statesFile = (dataDir: string): string => join(dataDir, 'search-parameters.json');

/** Forgets how far the indexes were: the store they were of is replaced. */
export const forgetStates = (dataDir: string): Promise<void> => rm(statesFile(dataDir), { force: true });

/** Returns the file; one that is not there or cannot be read says that nothing was indexed. */
export const makeStateFile = (file: string): StateFile => ({
  read: async () => {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as IndexStates;
    } catch {
      return {};
    }
  },
  write: async (states) => {
    await writeFile(`${file}.new`, JSON.stringify(states));
    await moveDurably(`${file}.new`, file);
  },
});
