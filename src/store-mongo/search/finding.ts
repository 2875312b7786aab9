/** The matches of a node of one type: an index leads, the kept entries decide. Chains are followed from their other end. */
import type { QueryFilter } from 'mongoose';
import { makeBreather } from '../../core/breathe.js';
import { targetsOf } from '../../store-index/entry-match.js';
import type { Node } from '../../store-index/node.js';
import { containedName, isContainedName } from '../../store-index/packed.js';
import { rowsOfText } from '../../store-index/work.js';
import type { ResourceDocument } from '../model.js';
import { maxTimeMS } from '../transaction.js';
import { satisfies, textsAsked, toCandidate, type Candidate, type CandidateDocument } from './candidate.js';
import { batch, fetched } from './fetch.js';
import { leadsOf, wholeType, type Lead, type Leads } from './lead.js';
import { NotAtOnce, type Finding } from './scope.js';

/** How to find what satisfies a node. */
export interface Way {
  readonly type: string;
  readonly node: Node;
  readonly leads: Leads;
  /** Rows that the leads come to, up to a few; undefined: not asked. */
  readonly rows: number | undefined;
}

/** Resources one query fetches where no order says how many are needed. */
const whole = 500;
/** A stretch with fewer resources leads without a further look. */
const few = 200;

/** Resolves with the way to the matches of a node, whose chains are followed. */
export const wayOf = async (finding: Finding, node: Node, type: string): Promise<Way> => wayTo(finding, await followed(finding, node, type), type);

/** Resolves with the node, its chains replaced by what their other ends found. */
export const followed = (finding: Finding, node: Node, type: string): Promise<Node> => {
  if (finding.session === null && isChained(node)) throw new NotAtOnce();
  return follow(finding, node, type);
};

/** Resolves with the way to the matches of a node without chains. */
export const wayTo = async (finding: Finding, node: Node, type: string): Promise<Way> => ({ type, node, ...await leadsFor(finding, node, type) });

/** What belongs to one other resource, or has one of a few ids, is seldom much. */
const isClose = (node: Node): boolean => (node.op === 'reference' && node.targets.size === 1) || (node.op === 'id' && node.ids.size <= few);

const leadsFor = async (finding: Finding, node: Node, type: string): Promise<Pick<Way, 'leads' | 'rows'>> => {
  const parts = node.op === 'and' ? node.of : [node];
  const known = parts.flatMap((part) => leadsOf(part, type, finding.keys) ?? []);
  const [first] = known;
  if (first === undefined) return { leads: wholeType(type), rows: undefined };
  if (known.length === 1) return { leads: first, rows: undefined };
  // What one query fetches of them is most often all there is: it costs less than to ask how many there are.
  const close = finding.session === null ? parts.find(isClose) : undefined;
  const closeLeads = close && leadsOf(close, type, finding.keys);
  if (closeLeads !== undefined) return { leads: closeLeads, rows: undefined };
  let best = { leads: first, rows: Infinity };
  for (const leads of known) {
    const rows = await estimate(finding, leads);
    if (rows < best.rows) best = { leads, rows };
    if (rows < few / 8) break;
  }
  return best;
};

/** Resolves with whether the way leads by few rows. */
export const isShort = async (finding: Finding, { leads, rows }: Way): Promise<boolean> => leads.indexed && (rows ?? await estimate(finding, leads)) < few;

const estimate = async ({ models, session }: Finding, { leads }: Leads): Promise<number> => {
  let rows = 0;
  for (const { filter, hint } of leads) {
    if (rows >= few) break;
    const query = models.resource.find(filter as QueryFilter<ResourceDocument>, { _id: 1 }).limit(few - rows).batchSize(few - rows + 1).session(session).maxTimeMS(maxTimeMS).lean();
    rows += (await (hint === undefined ? query : query.hint(hint))).length;
  }
  return rows;
};

/** Returns whether a node has to be followed to other resources. */
export const isChained = (node: Node): boolean => {
  switch (node.op) {
    case 'and':
    case 'or':
      return node.of.some(isChained);
    case 'not':
      return isChained(node.of);
    case 'contained':
      return isChained(node.where);
    default:
      return node.op === 'chain' || node.op === 'has';
  }
};

/** Which matches are wanted: those above `after`, in the order first stored; without a `page` of so many, all of them as they come. */
export interface Wanted {
  readonly after: number;
  readonly page?: number | undefined;
}

/** Yields the matches that are wanted. */
export async function* matches(finding: Finding, way: Way, wanted: Wanted): AsyncGenerator<Candidate> {
  if (way.node.op === 'none') return;
  const [lead, another] = way.leads.leads;
  if (lead === undefined) return;
  if (another === undefined) yield* along(finding, way, { lead, ...wanted });
  else if (finding.session === null) throw new NotAtOnce();
  else yield* gathered(finding, way, wanted);
}

/** What several stretches lead to, each once. */
async function* gathered(finding: Finding, way: Way, { after, page }: Wanted): AsyncGenerator<Candidate> {
  const found = new Map<number, Candidate>();
  for (const lead of way.leads.leads) {
    for await (const candidate of along(finding, way, { lead, after })) found.set(candidate.first, candidate);
  }
  yield* page === undefined ? found.values() : [...found.values()].sort((a, b) => a.first - b.first);
}

type Along = Wanted & { readonly lead: Lead };

/** How many documents decide a page, if the index is right about all of them; others are left to the other criteria. */
const enough = ({ node, leads }: Way, page: number | undefined): number => {
  if (page === undefined) return whole;
  return leads.indexed && node.op !== 'and' ? page + 1 : Math.max(batch, 2 * page);
};

async function* along(finding: Finding, way: Way, { lead: { filter, hint }, after, page }: Along): AsyncGenerator<Candidate> {
  const current = way.leads.indexed ? { deleted: false } : {};
  const fetching = { filter: { ...filter, ...current, ...(after > 0 ? { first: { $gt: after } } : {}) }, hint, sort: page === undefined ? undefined : { first: 1 as const }, enough: enough(way, page) };
  yield* decided(finding, way.node, fetched(finding, fetching));
}

/** Yields those of the documents that satisfy the node. */
export async function* decided(finding: Finding, node: Node, documents: AsyncIterable<CandidateDocument>): AsyncGenerator<Candidate> {
  const texts = textsAsked(node);
  const breathe = makeBreather();
  let waiting: CandidateDocument[] = [];
  for await (const document of documents) {
    finding.work.saw(1);
    await breathe();
    if (texts === 0) {
      const candidate = toCandidate(document);
      if (satisfies(node, candidate)) yield candidate;
      continue;
    }
    waiting.push(document);
    if (waiting.length < batch) continue;
    yield* await read(finding, node, { documents: waiting, texts, breathe });
    waiting = [];
  }
  yield* await read(finding, node, { documents: waiting, texts, breathe });
}

interface Reading {
  readonly documents: readonly CandidateDocument[];
  /** How many times each text is looked through at the most. */
  readonly texts: number;
  readonly breathe: () => Promise<void>;
}

/** Candidates whose words are asked for. */
const read = async ({ models, session, work }: Finding, node: Node, { documents, texts, breathe }: Reading): Promise<Candidate[]> => {
  if (documents.length === 0) return [];
  const versions = await models.version.find({ _id: { $in: documents.map(({ seq }) => seq) } }, { body: 1 }).session(session).maxTimeMS(maxTimeMS).lean();
  const bodies = new Map(versions.map(({ _id, body }) => [_id, body]));
  const found: Candidate[] = [];
  for (const document of documents) {
    const body = bodies.get(document.seq);
    work.saw(texts * rowsOfText(body ?? ''));
    await breathe();
    const candidate = toCandidate(document, body);
    if (satisfies(node, candidate)) found.push(candidate);
  }
  return found;
};

const follow = async (finding: Finding, node: Node, type: string): Promise<Node> => {
  switch (node.op) {
    case 'and':
    case 'or': {
      const of: Node[] = [];
      for (const each of node.of) of.push(await follow(finding, each, type));
      return { op: node.op, of };
    }
    case 'not':
      return { op: 'not', of: await follow(finding, node.of, type) };
    case 'chain':
      return followChain(finding, node, type);
    case 'contained':
      return { ...node, where: await follow(finding, node.where, containedName(type, node.type)) };
    case 'has':
      return isContainedName(type) ? { op: 'none' } : followBack(finding, node);
    default:
      return node;
  }
};

const followChain = async (finding: Finding, { param, within, name, types, where, contained }: Extract<Node, { op: 'chain' }>, owner: string): Promise<Node> => {
  const targets = new Set<string>();
  const inside: Node[] = [];
  for (const type of types) {
    for await (const { id } of otherEnd(finding, where(type), type)) targets.add(`${type}/${id}`);
    inside.push(await follow(finding, contained(type), owner));
  }
  return { op: 'or', of: [{ op: 'reference', param, within, name, targets }, ...inside] };
};

const followBack = async (finding: Finding, { param, source, type, where }: Extract<Node, { op: 'has' }>): Promise<Node> => {
  const ids = new Set<string>();
  for await (const { entries } of otherEnd(finding, where, source)) {
    for (const [target, id] of targetsOf(param.key, entries)) if (target === type) ids.add(id);
  }
  return { op: 'id', ids, type };
};

async function* otherEnd(finding: Finding, node: Node, type: string): AsyncGenerator<Candidate> {
  if (node.op !== 'none') yield* matches(finding, await wayOf(finding, node, type), { after: 0 });
}
