/** How far the index of each search parameter of one's own is, kept in a file, so that a killed server goes on where it was. */
import { readFile, writeFile } from 'node:fs/promises';
import { moveDurably } from '../../core/durable.js';
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
