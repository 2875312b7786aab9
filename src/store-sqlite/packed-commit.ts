/** A commit as it travels to the writer: entries packed, nothing in it that a thread could not be sent. */
import { makeBreather } from '../core/breathe.js';
import type { Whole } from '../core/whole.js';
import type { Commit, CommitResult, Guard, WriteMethod } from '../store/resource.js';
import { packEntries } from '../store-index/packed.js';
import type { FileKeys } from './keys.js';

export interface PackedWrite {
  readonly type: string;
  readonly id: string;
  readonly method: WriteMethod;
  readonly base: number;
  readonly text: string | undefined;
  readonly stampAt: number;
  readonly updated: number | undefined;
  readonly packed: Uint8Array | undefined;
}

export interface PackedCommit extends Omit<Commit, 'writes' | 'guards'> {
  readonly writes: readonly PackedWrite[];
  readonly guards: readonly Guard[];
}

/** One commit of a group: what became of it. */
export type PackedResult = CommitResult;

/** Writes packed before looking at the time. */
const together = 32;

/** Resolves with the commit packed; thousands of writes give way to others in between. */
export const packCommit = async (commit: Commit, keys: FileKeys): Promise<PackedCommit> => {
  const breathe = makeBreather();
  const writes: PackedWrite[] = [];
  for (const { type, id, method, base, updated, body, index } of commit.writes) {
    writes.push({ type, id, method, base, updated, text: body?.text, stampAt: body?.stampAt ?? 0, packed: body === undefined ? undefined : packEntries(type, index, keys) });
    if (writes.length % together === 0) await breathe();
  }
  return packedOf(commit, writes);
};

/** Returns the commit with these writes in place of its own. */
export const packedOf = ({ guards = [], audit, outbox, answer, mark, dryRun }: Commit, writes: readonly PackedWrite[]): Whole<PackedCommit> =>
  ({ writes, guards, audit, outbox, answer, mark, dryRun });
