/** The verification itself: hashes record after record and holds them against kept hashes and checkpoints. It waits for nothing and reads nothing. */
import type { Checkpoint } from './checkpoint.js';
import { hashesIn } from './hash-file.js';
import { Frontier, hashLength, leafHashOf } from './tree.js';
import type { VerifyPage } from './verify-page.js';

export interface Fault {
  /** Number of the first bad record. */
  readonly record: number;
  readonly problem: string;
}

/** What a checkpoint says of the tree. */
export type SignedTree = Pick<Checkpoint, 'size' | 'root' | 'time'>;

export class VerifyWalk {
  hashed = 0;
  readonly #frontier = new Frontier();
  /** Signed ones, the smallest first. */
  readonly #trees: readonly SignedTree[];
  #next = 0;
  /** Up to here a checkpoint has agreed. */
  #agreed = 0;
  #differs: number | undefined;

  constructor(trees: readonly SignedTree[]) {
    this.#trees = trees;
  }

  get size(): number {
    return this.#frontier.size;
  }

  /** Records removed in order are known by their hashes alone. */
  addExpired(hashes: Buffer): Fault | undefined {
    for (const leaf of hashesIn(hashes)) {
      this.#frontier.add(leaf);
      const fault = this.#checkTree();
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** Returns the first fault that is certain by now. */
  add({ first, bytes, ends, kept, hasGap }: VerifyPage): Fault | undefined {
    if (first !== undefined && first !== this.size + 1) return this.#missing();
    const hashes = Buffer.from(kept.buffer, kept.byteOffset, kept.length);
    let from = 0;
    for (const [at, end] of ends.entries()) {
      const leaf = leafHashOf(bytes.subarray(from, end));
      from = end;
      const place = at * hashLength;
      const differs = place < hashes.length && leaf.compare(hashes, place, place + hashLength) !== 0;
      this.#frontier.add(leaf);
      if (differs) this.#differs ??= this.size;
      this.hashed += 1;
      const fault = this.#checkTree();
      if (fault !== undefined) return fault;
    }
    return hasGap ? this.#missing() : undefined;
  }

  /** `kept`: how many hashes are kept, where some are. */
  end(kept: number | undefined): Fault | undefined {
    const missing = this.#trees[this.#next];
    if (missing !== undefined) return this.#tooFew(missing);
    if (this.#differs !== undefined) return { record: this.#differs, problem: 'the record is not the one that was hashed' };
    if (kept !== undefined && kept > this.size) return { record: this.size + 1, problem: `records are missing: ${String(kept)} were hashed` };
    return undefined;
  }

  /** Where records have no numbers of their own, those behind a removed one have moved up: the first that is another is the place. */
  #tooFew({ size, time }: SignedTree): Fault {
    const speaks = `the checkpoint of ${time} speaks of ${String(size)}, and nothing of what stands behind record ${String(this.#agreed)} is vouched for`;
    if (this.#differs !== undefined && this.#differs > this.#agreed) return { record: this.#differs, problem: `the record is not the one that was hashed, and records are missing: ${speaks}` };
    return { record: this.size + 1, problem: `records are missing: ${speaks}` };
  }

  #missing(): Fault {
    return { record: this.size + 1, problem: 'the record is missing' };
  }

  /** Several checkpoints may speak of one size. */
  #checkTree(): Fault | undefined {
    for (let tree = this.#trees[this.#next]; tree !== undefined && tree.size <= this.size; tree = this.#trees[this.#next]) {
      if (tree.size === this.size && this.#frontier.root().toString('base64') !== tree.root) return this.#disagreement(tree);
      this.#agreed = tree.size;
      this.#next += 1;
    }
    return undefined;
  }

  #disagreement({ size, time }: SignedTree): Fault {
    const signed = `the checkpoint of ${time} over ${String(size)} records says otherwise`;
    if (this.#differs !== undefined && this.#differs > this.#agreed) return { record: this.#differs, problem: `the record is not the one that was hashed, and ${signed}` };
    return { record: this.#agreed + 1, problem: `a record from here to ${String(size)} was changed: ${signed}` };
  }
}
