/** A current resource that may be a match, and whether it is one: decided on its packed entries alone. */
import { containedText } from '../../fhir/contained-text.js';
import { hasWords } from '../../fhir/resource-text.js';
import { referenceText } from '../../store-index/index-text.js';
import type { Frame } from '../../store/store.js';
import type { ContainedNode, Node } from '../../store-index/node.js';
import { rowsOfText, type Work } from '../../store-index/work.js';
import { sysOf, type FileKeys } from '../keys.js';
import { containedTargets, hasEntry, isNear, sectionsFor, targetsOf } from '../../store-index/entry-match.js';
import { PackedCursor, type Section } from '../../store-index/packed.js';
import type { ResourceTable } from '../resource-table.js';
import { growing, type Statements } from './statements.js';

interface ResourceRow {
  readonly rid: number;
  readonly id: string;
  readonly updated: number;
  readonly seq: number;
  readonly packed: Buffer;
}

export interface Candidate extends ResourceRow {
  readonly entries: PackedCursor;
  /** Of a contained resource: what it is in, and which it is there. */
  readonly container?: Candidate | undefined;
  readonly section?: Section | undefined;
}

/** What a search works with. */
export interface Finding {
  readonly statements: Statements;
  readonly resources: ResourceTable;
  readonly keys: FileKeys;
  readonly work: Work;
  /** How the page is wanted as bytes; undefined: as versions. */
  readonly frame?: Frame | undefined;
  /** Whether a resource satisfies the end of a chain: asked again for every resource that refers to it. */
  readonly known: Map<Node, Map<number, boolean>>;
  /** Up to so many matches are sorted; more are read in the order of an index. */
  readonly sortable: number;
}

/** Returns the resource as a candidate; undefined when it is deleted. */
export const candidateOf = ({ statements, work }: Finding, rid: number): Candidate | undefined => {
  work.saw(1);
  const row = statements.one.get(rid) as ResourceColumns | undefined;
  return row && toCandidate(row);
};

/** Returns those of the resources that are not deleted, in the order given: one query costs less than many. */
export const candidatesOf = ({ statements, work }: Finding, rids: readonly number[]): Candidate[] => {
  work.saw(rids.length);
  return (statements.several.all(JSON.stringify(rids)) as ResourceColumns[]).map(toCandidate);
};

type ResourceColumns = readonly [rid: number, id: string, updated: number, seq: number, packed: Buffer];

const toCandidate = ([rid, id, updated, seq, packed]: ResourceColumns): Candidate => ({ rid, id, updated, seq, packed, entries: new PackedCursor(packed) });

/** Returns whether the candidate satisfies the node. */
export const satisfies = (finding: Finding, node: Node, candidate: Candidate): boolean => {
  switch (node.op) {
    case 'all':
    case 'none':
      return node.op === 'all';
    case 'and':
      return node.of.every((each) => satisfies(finding, each, candidate));
    case 'or':
      return node.of.some((each) => satisfies(finding, each, candidate));
    case 'not':
      return !satisfies(finding, node.of, candidate);
    case 'id':
      return node.ids.has(candidate.id);
    case 'updated':
      return candidate.updated >= node.low && candidate.updated <= node.high;
    case 'chain':
      return leads(finding, node, candidate);
    case 'contained':
      return hasContained(finding, node, candidate);
    case 'has':
      return isReferredTo(finding, node, candidate);
    case 'text':
      return reads(finding, node, candidate);
    case 'near':
      return isNear(node, candidate.entries);
    default:
      return hasEntry(node, candidate.entries);
  }
};

const reads = ({ statements, work }: Finding, { part, words }: Extract<Node, { op: 'text' }>, { seq, section }: Candidate): boolean => {
  const body = (statements.bodyAt.get(seq) as string | null) ?? undefined;
  work.saw(rowsOfText(body ?? ''));
  const text = body === undefined || section === undefined ? body : containedText(body, section);
  return text !== undefined && hasWords(text, part, words);
};

const hasContained = (finding: Finding, node: ContainedNode, candidate: Candidate): boolean =>
  sectionsFor(node, candidate).some((section) =>
    satisfies(finding, node.where, { ...candidate, id: section.id, entries: section.entries, container: candidate.container ?? candidate, section }));

const leads = (finding: Finding, node: Extract<Node, { op: 'chain' }>, candidate: Candidate): boolean =>
  leadsOut(finding, node, candidate) || (containedTargets(node.param.key, candidate.entries).size > 0 && node.types.some((type) => hasContained(finding, node.contained(type), candidate)));

const leadsOut = (finding: Finding, { param, types, where }: Extract<Node, { op: 'chain' }>, { entries }: Candidate): boolean =>
  targetsOf(param.key, entries).some(([type, id]) => {
    if (!types.includes(type)) return false;
    finding.work.saw(1);
    const state = finding.resources.state(type, id);
    return state !== undefined && !state.deleted && isKnown(finding, where(type), state.rid);
  });

const isReferredTo = (finding: Finding, { param, type, where }: Extract<Node, { op: 'has' }>, { id, container }: Candidate): boolean => {
  if (container !== undefined) return false;
  for (const rid of referrers(finding, param, `${type}/${id}`)) if (isKnown(finding, where, rid)) return true;
  return false;
};

/** Yields what refers to a target by a parameter. */
export const referrers = ({ keys, statements, work }: Finding, param: Parameters<FileKeys['value']>[0], target: string, { after = 0, first }: { readonly after?: number; readonly first?: number | undefined } = {}): Generator<number> => {
  const { key, check } = keys.value(param, 0, referenceText(target));
  return growing<number>((limit, last = after) => {
    const found = statements.token.all(key, sysOf(check, 0), last, limit) as number[];
    work.saw(found.length + 1);
    return found;
  }, first);
};

const isKnown = (finding: Finding, node: Node, rid: number): boolean => {
  if (node.op === 'all') return true;
  const own = finding.known.get(node) ?? new Map<number, boolean>();
  finding.known.set(node, own);
  const before = own.get(rid);
  if (before !== undefined) return before;
  const candidate = candidateOf(finding, rid);
  const now = candidate !== undefined && satisfies(finding, node, candidate);
  own.set(rid, now);
  return now;
};
