/**
 * Constraints of profiles (https://hl7.org/fhir/R4/validation.html#constraints), whose expressions come from strangers: in counted
 * steps on this thread where that is enough, else by the FHIRPath library on a thread with a time box. What neither can evaluate is unknown.
 */
import type { PathNode } from '../../fhir/expression/node.js';
import type { Run } from '../../fhir/expression/call.js';
import { BeyondHere, type Work } from '../../fhir/expression/work.js';
import type { Condition, ConditionTask, Verdict } from '../../fhir/fhirpath-thread.js';
import type { ConstraintRule } from './rule.js';

/** `later`: it is being evaluated elsewhere, and is known when the check is done again. */
export type Judged = Verdict | 'later';

export interface ConstraintJudge {
  readonly judge: (constraint: ConstraintRule, run: Run) => Judged;
  /** What is being evaluated elsewhere since the last call; empty when nothing is. */
  readonly pending: () => readonly Promise<unknown>[];
}

export type JudgeElsewhere = (task: ConditionTask) => Promise<readonly Verdict[]>;

/** Steps of one constraint on one element: some milliseconds. */
const mostSteps = 100_000;
/** Steps of all constraints of one validation on this thread: some ten milliseconds. */
const mostInAll = 500_000;
/** JSON values of a resource that are looked through for an element; larger resources are not sent elsewhere. */
const mostValues = 300_000;
/** Constraints that are sent elsewhere for one validation. */
const mostSent = 2_000;

type Steps = readonly (string | number)[];

/** Returns where each object of a resource stands; undefined for a resource that is too large. */
const placesOf = (root: object): ReadonlyMap<unknown, Steps> | undefined => {
  const places = new Map<unknown, Steps>([[root, []]]);
  for (const [value, steps] of places) {
    for (const [name, inner] of Object.entries(value as object)) {
      if (typeof inner === 'object' && inner !== null) places.set(inner, [...steps, Array.isArray(value) ? Number(name) : name]);
    }
    if (places.size > mostValues) return undefined;
  }
  return places;
};

interface Deferred extends Condition {
  readonly key: string;
  readonly root: object;
}

/** Finds the elements of constraints in the resources they are in. */
class Locator {
  readonly #places = new Map<object, ReadonlyMap<unknown, Steps> | undefined>();

  /** Returns the place of an element. A primitive is sent itself: equal ones cannot be told apart, and need not be. */
  find({ root, resource, context }: Run): Pick<Deferred, 'root' | 'resource' | 'element'> | undefined {
    const outer = this.#under(root, resource.value) ?? this.#under(resource, resource.value);
    const element = typeof context.value === 'object' ? outer?.places.get(context.value) : { primitive: context.value };
    return outer === undefined || element === undefined || context.value === undefined ? undefined : { root: outer.root, resource: outer.steps, element };
  }

  #under({ value: root }: PathNode, inner: unknown): { readonly root: object; readonly places: ReadonlyMap<unknown, Steps>; readonly steps: Steps } | undefined {
    if (typeof root !== 'object' || root === null) return undefined;
    if (!this.#places.has(root)) this.#places.set(root, placesOf(root));
    const places = this.#places.get(root);
    const steps = places?.get(inner);
    return places === undefined || steps === undefined ? undefined : { root, places, steps };
  }
}

const taskOf = (deferred: readonly Deferred[]): ConditionTask => {
  const groups = new Map<object, Deferred[]>();
  for (const one of deferred) groups.set(one.root, [...(groups.get(one.root) ?? []), one]);
  return { groups: [...groups].map(([root, conditions]) => ({ text: JSON.stringify(root), conditions: conditions.map(({ expression, resource, element, type }) => ({ expression, resource, element, type })) })) };
};

const verdictOf = (met: boolean | undefined): Verdict => (met === undefined ? 'empty' : met ? 'met' : 'broken');

/** Whether the failure is one of a bound; a stack that is used up is one too. */
const isBound = (error: unknown): boolean => error instanceof BeyondHere || error instanceof RangeError;

/** Returns a judge for one validation. */
export const makeConstraintJudge = (elsewhere: JudgeElsewhere): ConstraintJudge => {
  const answers = new Map<string, Judged>();
  const locator = new Locator();
  let deferred: Deferred[] = [];
  let left = mostInAll;
  let sent = 0;

  const here = (test: NonNullable<ConstraintRule['test']>, run: Run): Verdict | undefined => {
    const allowed = Math.min(mostSteps, left);
    const work: Work = { left: allowed };
    try {
      return verdictOf(test([run.context], { ...run, work }));
    } catch (error) {
      if (isBound(error)) return undefined;
      throw error;
    } finally {
      left -= Math.min(allowed, allowed - work.left);
    }
  };
  const defer = ({ expression }: ConstraintRule, run: Run): Judged => {
    const place = locator.find(run);
    if (place === undefined) return { unknown: 'the library cannot be asked about this place' };
    const { type } = run.context;
    const key = `${String(idOf(place.root))} ${place.resource.join('.')} ${JSON.stringify(place.element)} ${type} ${expression}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    sent += 1;
    if (sent > mostSent) return { unknown: 'there are too many like it' };
    deferred.push({ ...place, key, expression, type });
    answers.set(key, 'later');
    return 'later';
  };
  const roots = new Map<object, number>();
  const idOf = (root: object): number => {
    const known = roots.get(root) ?? roots.size;
    roots.set(root, known);
    return known;
  };
  const ask = async (asked: readonly Deferred[]): Promise<void> => {
    const ordered = [...new Set(asked.map(({ root }) => root))].flatMap((root) => asked.filter((one) => one.root === root));
    const verdicts = await elsewhere(taskOf(ordered));
    ordered.forEach(({ key }, index) => answers.set(key, verdicts[index] ?? { unknown: 'there was no answer' }));
  };
  return {
    judge: (constraint, run) => {
      const found = constraint.test && here(constraint.test, run);
      return found ?? defer(constraint, run);
    },
    pending: () => {
      const now = deferred;
      deferred = [];
      left = mostInAll;
      return now.length === 0 ? [] : [ask(now)];
    },
  };
};
