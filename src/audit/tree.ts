/** The Merkle tree over the journal, as certificate transparency defines it (https://www.rfc-editor.org/rfc/rfc9162#section-2.1). */
import { hash } from 'node:crypto';

/** Bytes of a hash. */
export const hashLength = 32;

/** By way of a text: it lands in a pool, while each Buffer that the library makes is memory of its own, which takes three times as long. */
const sha256 = (bytes: Uint8Array): Buffer => Buffer.from(hash('sha256', bytes, 'binary'), 'binary');

let scratch = Buffer.alloc(64 * 1024);
/** Longest UTF-8 of a UTF-16 unit. */
const widest = 3;

/** Returns SHA-256 over 0x00 and the record's bytes. */
export const leafHash = (text: string): Buffer => {
  if (text.length * widest + 1 > scratch.length) scratch = Buffer.alloc(2 * (text.length * widest + 1));
  scratch[0] = 0;
  return sha256(scratch.subarray(0, 1 + scratch.write(text, 1, 'utf8')));
};

/** Returns SHA-256 over bytes that begin with 0x00 and go on with a record's. */
export const leafHashOf = (prefixed: Uint8Array): Buffer => sha256(prefixed);

const pair = Buffer.alloc(1 + 2 * hashLength, 1);

/** Returns SHA-256 over 0x01 and both hashes. */
export const nodeHash = (left: Buffer, right: Buffer): Buffer => {
  left.copy(pair, 1);
  right.copy(pair, 1 + hashLength);
  return sha256(pair);
};

/** The root of no records. */
export const emptyRoot = sha256(Buffer.alloc(0));

/** A tree that only grows, known by the roots of its full subtrees, the largest first. */
export class Frontier {
  readonly #full: { readonly root: Buffer; readonly size: number }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds the root of the next `size` records, a power of two that the tree's present size is a multiple of. */
  add(root: Buffer, size = 1): void {
    let own = { root, size };
    for (let last = this.#full.at(-1); last?.size === own.size; last = this.#full.at(-1)) {
      this.#full.pop();
      own = { root: nodeHash(last.root, own.root), size: 2 * own.size };
    }
    this.#full.push(own);
    this.#size += size;
  }

  root(): Buffer {
    const smallest = this.#full.at(-1);
    if (smallest === undefined) return emptyRoot;
    return this.#full.slice(0, -1).reduceRight((right, { root }) => nodeHash(root, right), smallest.root);
  }
}

/** Returns the root over the records [from, to). */
export type RangeHash = (from: number, to: number) => Buffer;

/** Largest power of two below `size`, which is more than 1. */
const splitOf = (size: number): number => {
  let split = 1;
  while (2 * split < size) split *= 2;
  return split;
};

/** Returns the range hash of hashes that are already there; `full` may answer for a whole aligned range, or undefined. */
export const makeRangeHash = (leaf: (index: number) => Buffer, full: (from: number, size: number) => Buffer | undefined = () => undefined): RangeHash => {
  const range: RangeHash = (from, to) => {
    const size = to - from;
    if (size === 0) return emptyRoot;
    if (size === 1) return leaf(from);
    const split = splitOf(size);
    return (2 * split === size ? full(from, size) : undefined) ?? nodeHash(range(from, from + split), range(from + split, to));
  };
  return range;
};

/** Returns the hashes that lead from record `index` to the root over `size` records (section 2.1.3). */
export const inclusionProof = (range: RangeHash, index: number, size: number): Buffer[] => {
  const path = (at: number, from: number, to: number): Buffer[] => {
    if (to - from === 1) return [];
    const split = from + splitOf(to - from);
    return at < split ? [...path(at, from, split), range(split, to)] : [...path(at, split, to), range(from, split)];
  };
  return path(index, 0, size);
};

/** Returns the hashes that show the tree of `old` records to be the beginning of the one of `size` (section 2.1.4). */
export const consistencyProof = (range: RangeHash, old: number, size: number): Buffer[] => {
  const sub = (upTo: number, [from, to]: readonly [number, number], isWhole: boolean): Buffer[] => {
    if (upTo === to) return isWhole ? [] : [range(from, to)];
    const split = from + splitOf(to - from);
    return upTo <= split ? [...sub(upTo, [from, split], isWhole), range(split, to)] : [...sub(upTo, [split, to], false), range(from, split)];
  };
  return old === 0 || old === size ? [] : sub(old, [0, size], true);
};

export interface Inclusion {
  readonly leaf: Buffer;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Buffer[];
  readonly root: Buffer;
}

/** Returns whether the proof leads from the leaf to the root (section 2.1.3.2). */
export const isIncluded = ({ leaf, index, size, proof, root }: Inclusion): boolean => {
  if (index >= size) return false;
  let [at, last, own] = [index, size - 1, leaf];
  for (const other of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      own = nodeHash(other, own);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else own = nodeHash(own, other);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && own.equals(root);
};

export interface Consistency {
  readonly old: { readonly size: number; readonly root: Buffer };
  readonly now: { readonly size: number; readonly root: Buffer };
  readonly proof: readonly Buffer[];
}

/** Returns whether the proof shows that the old tree is the beginning of the present one (section 2.1.4.2). */
export const isConsistent = ({ old, now, proof }: Consistency): boolean => {
  if (old.size === now.size) return proof.length === 0 && old.root.equals(now.root);
  if (old.size === 0 || old.size > now.size) return old.size === 0 && proof.length === 0;
  const isPower = Number.isInteger(Math.log2(old.size));
  const [first, ...rest] = isPower ? [old.root, ...proof] : proof;
  if (first === undefined) return false;
  let [at, last] = [old.size - 1, now.size - 1];
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  let [before, after] = [first, first];
  for (const other of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      [before, after] = [nodeHash(other, before), nodeHash(other, after)];
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else after = nodeHash(after, other);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && before.equals(old.root) && after.equals(now.root);
};
