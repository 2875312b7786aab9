/** A current resource that may be a match, and whether it is one: its kept entries decide, as on every engine (store-index/entry-match). */
import { containedText } from '../../fhir/contained-text.js';
import { hasWords } from '../../fhir/resource-text.js';
import { hasEntry, isNear, sectionsFor } from '../../store-index/entry-match.js';
import type { ContainedNode, Node } from '../../store-index/node.js';
import { PackedCursor } from '../../store-index/packed.js';
import type { Sortable } from '../../store-index/sort.js';
import type { ResourceDocument } from '../model.js';

export interface Candidate extends Sortable {
  readonly first: number;
  readonly seq: number;
  /** JSON text, where the search asks for words. */
  readonly body: string | undefined;
  /** Of a contained resource: what it is in. */
  readonly container?: Candidate | undefined;
}

/** What of a resource a search reads. */
export const candidateFields = { _id: 1, id: 1, updated: 1, seq: 1, first: 1, packed: 1 } as const;
export type CandidateDocument = Pick<ResourceDocument, keyof typeof candidateFields>;

/** Binary of the driver, or bytes as they are. */
export const bytesOf = (value: Uint8Array | { readonly buffer: Uint8Array }): Buffer => {
  const bytes = value instanceof Uint8Array ? value : value.buffer;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

/** Returns the resource as a candidate. */
export const toCandidate = ({ id, updated, seq, first, packed }: CandidateDocument, body?: string): Candidate =>
  ({ id, updated, seq, first, body, entries: new PackedCursor(bytesOf(packed)) });

/** Returns how many parts of the node ask for words of the text. */
export const textsAsked = (node: Node): number => {
  switch (node.op) {
    case 'and':
    case 'or':
      return node.of.reduce((sum, each) => sum + textsAsked(each), 0);
    case 'not':
      return textsAsked(node.of);
    case 'contained':
      return textsAsked(node.where);
    default:
      return node.op === 'text' ? 1 : 0;
  }
};

/** Returns whether the candidate satisfies a node whose chains are followed already. */
export const satisfies = (node: Node, candidate: Candidate): boolean => {
  switch (node.op) {
    case 'all':
    case 'none':
      return node.op === 'all';
    case 'and':
      return node.of.every((each) => satisfies(each, candidate));
    case 'or':
      return node.of.some((each) => satisfies(each, candidate));
    case 'not':
      return !satisfies(node.of, candidate);
    case 'id':
      return node.ids.has(candidate.id);
    case 'updated':
      return candidate.updated >= node.low && candidate.updated <= node.high;
    case 'text':
      return candidate.body !== undefined && hasWords(candidate.body, node.part, node.words);
    case 'near':
      return isNear(node, candidate.entries);
    case 'contained':
      return hasContained(node, candidate);
    case 'chain':
    case 'has':
      throw new Error('a chain was not followed before its candidates were looked at');
    default:
      return hasEntry(node, candidate.entries);
  }
};

const hasContained = (node: ContainedNode, candidate: Candidate): boolean =>
  sectionsFor(node, candidate).some((section) => {
    const container = candidate.container ?? candidate;
    const body = container.body === undefined || textsAsked(node.where) === 0 ? undefined : containedText(container.body, section);
    return satisfies(node.where, { ...candidate, id: section.id, entries: section.entries, container, body });
  });
