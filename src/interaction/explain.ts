/** How a search was run, for `Prefer: explain` and `_explain=true`: its plan, the steps of the store, and what would be cheaper. */
import { FhirError, type Issue } from '../core/error.js';
import { adviseOn, describePlan } from '../search/explain.js';
import type { PlannedSearch } from '../search/request.js';
import type { Predicate } from '../store/plan.js';
import type { SearchStep } from '../store/resource.js';
import type { Context } from './context.js';
import { isBoundTo } from './gate.js';

const note = (diagnostics: string): Issue => ({ severity: 'information', code: 'informational', diagnostics });

/** One timed part of a search. */
export interface Timed {
  readonly steps?: readonly SearchStep[] | undefined;
  /** Parts that are not steps of the store: `total`, `includes`; milliseconds. */
  readonly parts: readonly (readonly [name: string, ms: number])[];
}

/**
 * Returns the explanation. Steps and times tell how much is stored, so that only those learn them who may see all of it
 * (design rule 1); the plan and the advice are about what was asked alone.
 */
export const explain = (context: Context, planned: PlannedSearch, { steps = [], parts }: Timed): Issue[] => {
  const { plan, total } = planned;
  const told = touched(plan.types, plan.where).some((type) => isBoundTo(context, type))
    ? [note('Steps and times are shown to those only who may see every resource of the types searched.')]
    : [...steps.map(inWords), ...parts.map(([name, ms]) => note(`${name}: ${ms.toFixed(1)} ms`))];
  return [note(`Plan: ${describePlan(plan)}.`), ...told, ...adviseOn(plan, total).map((advice) => note(`Cheaper: ${advice}`))];
};

const inWords = ({ step, indexed, rows, ms }: SearchStep): Issue =>
  note(`Step: ${step}; ${indexed ? 'by index' : 'no index: a full scan'}; ${String(rows)} rows; ${ms.toFixed(1)} ms.`);

const touched = (types: readonly string[], where: Predicate | undefined): string[] => {
  switch (where?.op) {
    case 'and':
    case 'or':
      return [...types, ...where.of.flatMap((part) => touched([], part))];
    case 'not':
      return touched(types, where.of);
    case 'contained':
      return [...types, ...touched([where.type], where.where)];
    case 'chain':
      return [...types, ...touched(where.types, where.where)];
    case 'has':
      return [...types, ...touched([where.type], where.where)];
    default:
      return [...types];
  }
};

/** Returns the error with what would be cheaper in it, when it is that the search costs too much; any other as it is. */
export const withAdvice = (error: unknown, { plan, total }: PlannedSearch): unknown => {
  if (!(error instanceof FhirError) || error.code !== 'too-costly') return error;
  return new FhirError('too-costly', [error.message, ...adviseOn(plan, total)].join(' '), { ...error.options, cause: error });
};
