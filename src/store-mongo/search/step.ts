/** What the pages of a search are made of, in any order: the types there is something of, and steps that tell what they cost. */
import type { Position } from '../../store/plan.js';
import { maxTimeMS } from '../transaction.js';
import type { Way } from './finding.js';
import { NotAtOnce, type Finding } from './scope.js';

export interface Page {
  /** Feed positions of the versions found. */
  readonly seqs: readonly number[];
  readonly next?: Position | undefined;
}

/** So many types are searched without a look at which of them have resources. */
const fewTypes = 8;

/** Resolves with the types there is something of, with their places: a search of everything asks for many more. */
export const populated = async ({ models, session }: Finding, types: readonly string[]): Promise<(readonly [at: number, type: string])[]> => {
  if (session === null && types.length > 1) throw new NotAtOnce();
  const all = types.map((type, at) => [at, type] as const);
  if (types.length <= fewTypes) return all;
  const there = new Set(await models.resource.distinct('type', { deleted: false }).session(session).maxTimeMS(maxTimeMS));
  return all.filter(([, type]) => there.has(type));
};

/** How a search explains a part of itself. */
export interface Step {
  readonly step: string;
  readonly indexed: boolean;
}

/** Returns the step that goes a way. */
export const stepOf = ({ leads, node }: Way, then: string): Step => {
  const filter = node.op === 'and' || (!leads.indexed && node.op !== 'all') ? ', then filter' : '';
  return { step: `${leads.name}${filter}${then}`, indexed: leads.indexed || node.op === 'all' };
};

/** Runs a step and notes what it cost. */
export const stepped = async <T>({ work }: Finding, step: Step, run: () => Promise<T>): Promise<T> => {
  const before = work.rows;
  const begun = performance.now();
  const result = await run();
  work.steps.push({ ...step, rows: work.rows - before, ms: Math.round((performance.now() - begun) * 1000) / 1000 });
  return result;
};
