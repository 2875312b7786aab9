/** Laws of the tree (https://www.rfc-editor.org/rfc/rfc9162#section-2.1), held against the definition. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { consistencyProof, emptyRoot, Frontier, inclusionProof, isConsistent, isIncluded, leafHash, makeRangeHash, nodeHash } from '../../../src/audit/tree.js';

const leaves = (count: number): Buffer[] => Array.from({ length: count }, (_, n) => leafHash(`record ${String(n)}`));
const rootOf = (hashes: readonly Buffer[]): Buffer => {
  const [only] = hashes;
  if (only === undefined) return emptyRoot;
  if (hashes.length === 1) return only;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
};
const all = leaves(300);
const range = makeRangeHash((index) => all[index] ?? Buffer.alloc(0));
const size = fc.integer({ min: 1, max: 300 });
const flipped = (hash: Buffer): Buffer => { const other = Buffer.from(hash); other[7] = (other[7] ?? 0) ^ 1; return other; };

describe('the tree of records', () => {
  it('hashes leaves and nodes apart', () => {
    expect(leafHash('é').equals(createHash('sha256').update(Buffer.from([0, 0xc3, 0xa9])).digest())).toBe(true);
    expect(leafHash('x'.repeat(200_000)).equals(createHash('sha256').update(`\0${'x'.repeat(200_000)}`).digest())).toBe(true);
    expect(emptyRoot.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('comes to the root of the definition, grown one by one or by tiles', () => {
    fc.assert(fc.property(size, (count) => {
      const grown = new Frontier();
      for (const leaf of all.slice(0, count)) grown.add(leaf);
      const tiled = new Frontier();
      const whole = count - (count % 16);
      for (let from = 0; from < whole; from += 16) tiled.add(rootOf(all.slice(from, from + 16)), 16);
      for (const leaf of all.slice(whole, count)) tiled.add(leaf);
      const root = rootOf(all.slice(0, count));
      return grown.root().equals(root) && tiled.root().equals(root) && range(0, count).equals(root);
    }));
  });

  it('proves each record to be in, and no other one', () => {
    fc.assert(fc.property(size, fc.nat(), (count, pick) => {
      const index = pick % count;
      const leaf = all[index] ?? Buffer.alloc(0);
      const claim = { leaf, index, size: count, proof: inclusionProof(range, index, count), root: range(0, count) };
      return isIncluded(claim) && !isIncluded({ ...claim, leaf: flipped(leaf) }) && !isIncluded({ ...claim, root: flipped(claim.root) }) && !isIncluded({ ...claim, index: count });
    }));
  });

  it('proves that a tree has only grown', () => {
    fc.assert(fc.property(size, size, (one, other) => {
      const [before, after] = [Math.min(one, other), Math.max(one, other)];
      const claim = { old: { size: before, root: range(0, before) }, now: { size: after, root: range(0, after) }, proof: consistencyProof(range, before, after) };
      return isConsistent(claim) && !isConsistent({ ...claim, old: { size: before, root: flipped(claim.old.root) } });
    }));
  });
});
