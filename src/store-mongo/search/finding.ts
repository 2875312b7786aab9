/** The matches of a node of one type: an index leads, the kept entries decide. Chains are followed from their other end. */
import type { ClientSession, QueryFilter } from 'mongoose';
import { makeBreather } from '../../core/breathe.js';
import { targetsOf } from '../../store-index/entry-match.js';
import type { Keys } from '../../store-index/keys.js';
import type { Node } from '../../store-index/node.js';
import { containedName, isContainedName } from '../../store-index/packed.js';
import { rowsOfText, type Work } from '../../store-index/work.js';
import type { Models, ResourceDocument } from '../model.js';
import { maxTimeMS } from '../transaction.js';
import { candidateFields, satisfies, textsAsked, toCandidate, type Candidate, type CandidateDocument } from './candidate.js';
import { leadsOf, wholeType, type Lead, type Leads } from './lead.js';

/** What a search works with. */
export interface Finding {
  readonly models: Models;
  readonly keys: Keys;
  readonly session: ClientSession;
  readonly work: Work;
}

/** How to find what satisfies a node. */
export interface Way {
  readonly type: string;
  readonly node: Node;
  readonly leads: Leads;
}

/** Resources fetched at a time. */
const batch = 200;
/** A stretch with fewer resources leads without a further look. */
const few = 200;

/** Resolves with the way to the matches of a node, whose chains are followed. */
export const wayOf = async (finding: Finding, node: Node, type: string): Promise<Way> => {
  const followed = await follow(finding, node, type);
  return { type, node: followed, leads: await leadsFor(finding, followed, type) };
};

const leadsFor = async (finding: Finding, node: Node, type: string): Promise<Leads> => {
  const parts = node.op === 'and' ? node.of : [node];
  const known = parts.flatMap((part) => leadsOf(part, type, finding.keys) ?? []);
  const [first] = known;
  if (first === undefined) return wholeType(type);
  if (known.length === 1) return first;
  let best = { leads: first, rows: Infinity };
  for (const leads of known) {
    const rows = await estimate(finding, leads);
    if (rows < best.rows) best = { leads, rows };
    if (rows < few / 8) break;
  }
  return best.leads;
};

const estimate = async ({ models, session }: Finding, { leads }: Leads): Promise<number> => {
  let rows = 0;
  for (const { filter, hint } of leads) {
    if (rows >= few) break;
    const query = models.resource.find(filter as QueryFilter<ResourceDocument>, { _id: 1 }).limit(few - rows).session(session).maxTimeMS(maxTimeMS).lean();
    rows += (await (hint === undefined ? query : query.hint(hint))).length;
  }
  return rows;
};

/** Yields the matches above `after`: in the order first stored where `ordered`, else as they come. */
export async function* matches(finding: Finding, way: Way, { after, ordered }: { readonly after: number; readonly ordered: boolean }): AsyncGenerator<Candidate> {
  if (way.node.op === 'none') return;
  const [lead, another] = way.leads.leads;
  if (lead === undefined) return;
  if (another === undefined) yield* along(finding, way, { lead, after, ordered });
  else yield* gathered(finding, way, { after, ordered });
}

/** What several stretches lead to, each once. */
async function* gathered(finding: Finding, way: Way, { after, ordered }: { readonly after: number; readonly ordered: boolean }): AsyncGenerator<Candidate> {
  const found = new Map<number, Candidate>();
  for (const lead of way.leads.leads) {
    for await (const candidate of along(finding, way, { lead, after, ordered: false })) found.set(candidate.first, candidate);
  }
  yield* ordered ? [...found.values()].sort((a, b) => a.first - b.first) : found.values();
}

interface Along {
  readonly lead: Lead;
  readonly after: number;
  readonly ordered: boolean;
}

async function* along(finding: Finding, { node, leads }: Way, { lead: { filter, hint }, after, ordered }: Along): AsyncGenerator<Candidate> {
  const { models, session, work } = finding;
  const current = leads.indexed ? { deleted: false } : {};
  const query = models.resource.find({ ...filter, ...current, ...(after > 0 ? { first: { $gt: after } } : {}) } as QueryFilter<ResourceDocument>, candidateFields)
    .session(session).maxTimeMS(maxTimeMS).batchSize(batch).lean<CandidateDocument[]>();
  if (hint !== undefined) query.hint(hint);
  const cursor = (ordered ? query.sort({ first: 1 }) : query).cursor();
  const texts = textsAsked(node);
  const breathe = makeBreather();
  let waiting: CandidateDocument[] = [];
  try {
    for await (const document of cursor) {
      work.saw(1);
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
  } finally {
    await cursor.close();
  }
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

/** Resolves with the node, its chains replaced by what their other ends found. */
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
  if (node.op !== 'none') yield* matches(finding, await wayOf(finding, node, type), { after: 0, ordered: false });
}
