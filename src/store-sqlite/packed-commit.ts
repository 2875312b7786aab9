/** A commit as it travels to the writer: entries packed, nothing in it that a thread could not be sent. */
import type { Commit, CommitResult, Guard, WriteMethod } from '../store/resource.js';
import type { Keys } from './keys.js';
import { packEntries } from './packed.js';

export interface PackedWrite {
  readonly type: string;
  readonly id: string;
  readonly method: WriteMethod;
  readonly base: number;
  readonly text: string | undefined;
  readonly stampAt: number;
  readonly packed: Uint8Array | undefined;
}

export interface PackedCommit extends Omit<Commit, 'writes' | 'guards'> {
  readonly writes: readonly PackedWrite[];
  readonly guards: readonly Guard[];
}

/** One commit of a group: what became of it. */
export type PackedResult = CommitResult;

/** Returns the commit packed. */
export const packCommit = (commit: Commit, keys: Keys): PackedCommit => ({
  ...commit,
  guards: commit.guards ?? [],
  writes: commit.writes.map(({ type, id, method, base, body, index }) => ({
    type, id, method, base, text: body?.text, stampAt: body?.stampAt ?? 0, packed: body === undefined ? undefined : packEntries(type, index, keys),
  })),
});
