/** What an import has done: counts by type, and what was refused, written out as it happens. */
import type { ErrorCode } from '../../core/error-table.js';
import type { Issue } from '../../core/error.js';
import type { Refused, Result, Sent } from './send.js';
import type { Place, Unsent } from './unit.js';

export type Counts = Record<Result | 'refused', number>;

/** One line of the report: what was refused, where it stands and why, as the server would have answered. */
export interface Refusal extends Place {
  readonly file: string;
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  readonly code: ErrorCode | 'unreadable';
  /** Resources that were not stored because of it. */
  readonly resources: number;
  readonly outcome: { readonly resourceType: 'OperationOutcome'; readonly issue: readonly object[] };
}

export interface Tally {
  readonly counts: Counts;
  readonly byType: ReadonlyMap<string, Counts>;
  /** Refusals, those beyond `kept` included. */
  readonly refusals: number;
  /** The first few. */
  readonly first: readonly Refusal[];
  /** Adds what a unit came to; resolves when its refusals are written. */
  add(file: string, sent: Sent): Promise<void>;
  addUnsent(file: string, unsent: Unsent): Promise<void>;
  /** A source that could not be read, or not to its end. */
  addUnread(file: string, text: string): Promise<void>;
}

const none = (): Counts => ({ created: 0, updated: 0, unchanged: 0, deleted: 0, refused: 0 });
const mostKept = 20;
const otherType = '(unknown)';

/** Returns a tally; `write` takes each refusal. */
export const makeTally = (write: (refusal: Refusal) => Promise<void>): Tally => {
  const counts = none();
  const byType = new Map<string, Counts>();
  const first: Refusal[] = [];
  let refusals = 0;
  const count = (type: string, what: keyof Counts, many: number): void => {
    const own = byType.get(type) ?? none();
    byType.set(type, own);
    own[what] += many;
    counts[what] += many;
  };
  const refuse = async (refusal: Refusal): Promise<void> => {
    refusals += 1;
    if (first.length < mostKept) first.push(refusal);
    count(refusal.type ?? otherType, 'refused', refusal.resources);
    await write(refusal);
  };
  return {
    counts, byType, first,
    get refusals() { return refusals; },
    add: async (file, { done, refused }) => {
      for (const { type, result } of done) count(type, result, 1);
      for (const one of refused) await refuse(refusalOf(file, one));
    },
    addUnsent: (file, { code, text, place }) => refuse({ file, ...place, code, resources: 1, outcome: outcomeOf([{ severity: 'error', code: 'structure', diagnostics: text }]) }),
    addUnread: (file, text) => refuse({ file, code: 'unreadable', resources: 0, outcome: outcomeOf([{ severity: 'fatal', code: 'structure', diagnostics: text }]) }),
  };
};

const refusalOf = (file: string, { type, id, place, code, issues, count }: Refused): Refusal => ({
  file, ...place, type: type === '' ? undefined : type, id, code, resources: count, outcome: outcomeOf(issues),
});

const outcomeOf = (issues: readonly Issue[]): Refusal['outcome'] => ({
  resourceType: 'OperationOutcome',
  issue: issues.map(({ severity, code, diagnostics, expression, location }) => ({
    severity, code, diagnostics, ...(expression === undefined ? {} : { expression: [expression] }), ...(location === undefined ? {} : { location: [location] }),
  })),
});
