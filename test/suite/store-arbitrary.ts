/** Random index entries and plans over few values, so that they meet. */
import fc from 'fast-check';
import { fold } from '../../src/core/fold.js';
import type { IndexEntry, ValueEntry } from '../../src/store/index-entry.js';
import type { Predicate, SearchPlan, SortKey } from '../../src/store/plan.js';

const code = fc.constantFrom('a', 'b', 'ab', 'a b', 'ü', '😀', '｡', 'A');
const system = fc.constantFrom('s', 't');
const text = fc.constantFrom('a', 'ab', 'abc', 'b', 'ü', 'peter', 'petra', '😀', '｡x', 'x'.repeat(99), 'x'.repeat(120), `${'x'.repeat(120)}y`, `${'x'.repeat(99)}😀`);
const number = fc.constantFrom(-1e9, -2.5, 0, 1, 1.5, 2, 86_400_000, 1e9, 4e9, 1e300);
const target = fc.constantFrom(...Array.from({ length: 12 }, (_, at) => `Patient/x${String(at)}`), 'Observation/x1', 'http://elsewhere/Patient/1', '#', '#c1', '#c2');
const uri = fc.constantFrom('http://a/b', 'http://a/b/c', 'http://a/bc', 'http://a/b/', 'urn:x', `http://a/${'long/'.repeat(30)}`);
const within = fc.option(fc.constantFrom('w', 'v'), { nil: undefined });
const interval = fc.tuple(number, number).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) }));

/** One entry of one of few parameters. */
const anyValue: fc.Arbitrary<ValueEntry> = fc.oneof(
  fc.record({ kind: fc.constant('token' as const), param: fc.constantFrom('identifier', 'code'), within, system: fc.option(system, { nil: undefined }), code: fc.option(code, { nil: undefined, freq: 9 }) }),
  text.chain((each) => fc.record({ kind: fc.constant('string' as const), param: fc.constantFrom('name', 'family'), within: fc.constant(undefined), text: fc.constantFrom(each, each.toUpperCase()), folded: fc.constant(fold(each)) })),
  interval.chain((ends) => fc.record({ kind: fc.constantFrom('date' as const), param: fc.constantFrom('date', 'birthdate'), within: fc.constant(undefined), low: fc.constant(ends.low), high: fc.constant(ends.high) })),
  interval.chain((ends) => fc.record({ kind: fc.constant('number' as const), param: fc.constant('score'), within: fc.constant(undefined), low: fc.constant(ends.low), high: fc.constant(ends.high) })),
  interval.chain((ends) => fc.record({ kind: fc.constant('quantity' as const), param: fc.constant('value'), within, unit: fc.constantFrom('', '|g'), low: fc.constant(ends.low), high: fc.constant(ends.high) })),
  fc.record({ kind: fc.constant('reference' as const), param: fc.constantFrom('subject', 'link'), within: fc.constant(undefined), target }),
  fc.record({ kind: fc.constant('number' as const), param: fc.constantFrom('near:latitude', 'near:longitude'), within: fc.constant(undefined), low: fc.constantFrom(-2.5, 0, 1, 2), high: fc.constant(2) }),
  fc.record({ kind: fc.constant('uri' as const), param: fc.constant('url'), within: fc.constant(undefined), uri }),
);

/** The body of the resources has no contained ones: their words are nowhere. */
const anyContained: fc.Arbitrary<IndexEntry> = fc.record({
  kind: fc.constant('contained' as const), param: fc.constant('contained' as const), type: fc.constantFrom('Patient', 'Observation'), id: fc.constantFrom('c1', 'c2', 'x1'), entries: fc.array(anyValue, { maxLength: 4 }),
});

/** One entry of one of few parameters, or those of a contained resource. */
export const anyEntry: fc.Arbitrary<IndexEntry> = fc.oneof({ arbitrary: anyValue, weight: 6 }, { arbitrary: anyContained, weight: 1 });

const compare = fc.constantFrom('within' as const, 'overlaps' as const, 'after' as const, 'before' as const);

const leaf: fc.Arbitrary<Predicate> = fc.oneof(
  fc.record({ op: fc.constant('token' as const), param: fc.constantFrom('identifier', 'code'), within, system: fc.option(fc.option(system, { nil: null }), { nil: undefined }), code: fc.option(code, { nil: undefined, freq: 5 }) }),
  fc.record({ op: fc.constant('string' as const), param: fc.constantFrom('name', 'family'), match: fc.constantFrom('prefix' as const, 'contains' as const, 'equals' as const, 'ends' as const), text: text.map(fold) }),
  fc.record({ op: fc.constant('string' as const), param: fc.constantFrom('name', 'family'), match: fc.constant('exact' as const), text: text.chain((each) => fc.constantFrom(each, each.toUpperCase())) }),
  interval.chain((ends) => fc.record({ op: fc.constant('range' as const), kind: fc.constant('date' as const), param: fc.constantFrom('date', 'birthdate'), compare, low: fc.constant(ends.low), high: fc.constant(ends.high) })),
  interval.chain((ends) => fc.record({ op: fc.constant('range' as const), kind: fc.constant('number' as const), param: fc.constant('score'), compare, low: fc.constant(ends.low), high: fc.constant(ends.high) })),
  interval.chain((ends) => fc.record({ op: fc.constant('range' as const), kind: fc.constant('quantity' as const), param: fc.constant('value'), within, unit: fc.constantFrom('', '|g', '|kg'), compare, low: fc.constant(ends.low), high: fc.constant(ends.high) })),
  fc.record({ op: fc.constant('reference' as const), param: fc.constantFrom('subject', 'link'), targets: fc.uniqueArray(target, { minLength: 1, maxLength: 20 }) }),
  fc.record({ op: fc.constant('refers' as const), param: fc.constantFrom('subject', 'link'), type: fc.constantFrom('Patient', 'Observation') }),
  fc.record({ op: fc.constant('uri' as const), param: fc.constant('url'), match: fc.constantFrom('exact' as const, 'below' as const, 'above' as const), uri }),
  fc.record({ op: fc.constant('near' as const), latitude: fc.constantFrom(-1, 0, 1.5), longitude: fc.constantFrom(-2.5, 2), metres: fc.constantFrom(0, 200_000, 1e7) }),
  fc.record({ op: fc.constant('text' as const), part: fc.constantFrom('narrative' as const, 'content' as const), words: fc.constantFrom('x1', 'patient', 'some word') }),
  fc.record({ op: fc.constant('missing' as const), param: fc.constantFrom('identifier', 'date', 'subject', 'url'), kind: fc.constant('token' as const) }),
  fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 4 }).map((ids): Predicate => ({ op: 'id', ids: ids.map((id) => `x${String(id)}`) })),
  fc.constantFrom<Predicate>({ op: 'type', types: ['Patient'] }, { op: 'updated', low: 0 }, { op: 'updated', high: 1 }, { op: 'updated', low: 1, high: 8.64e15 }),
);

const anyPredicate = fc.letrec<{ tree: Predicate }>((tie) => ({
  tree: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, leaf,
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ op: fc.constant('not' as const), of: tie('tree') }),
    fc.record({ op: fc.constant('chain' as const), param: fc.constantFrom('subject', 'link'), types: fc.constantFrom(['Patient'], ['Patient', 'Observation']), where: tie('tree') }),
    fc.record({ op: fc.constant('contained' as const), type: fc.constantFrom('Patient', 'Observation'), where: fc.option(tie('tree'), { nil: undefined }) }),
    fc.record({ op: fc.constant('has' as const), type: fc.constantFrom('Patient', 'Observation'), param: fc.constantFrom('subject', 'link'), where: fc.option(tie('tree'), { nil: undefined }) })),
})).tree;

const sortKey: fc.Arbitrary<SortKey> = fc.tuple(fc.constantFrom(
  { param: '_id', kind: 'token' as const }, { param: '_lastUpdated', kind: 'date' as const }, { param: 'date', kind: 'date' as const }, { param: 'score', kind: 'number' as const },
  { param: 'name', kind: 'string' as const }, { param: 'identifier', kind: 'token' as const }, { param: 'subject', kind: 'reference' as const }, { param: 'url', kind: 'uri' as const },
), fc.boolean()).map(([key, descending]) => ({ ...key, descending }));

/** A plan over Patient and Observation, with any predicate and any order. */
export const anyPlan: fc.Arbitrary<SearchPlan> = fc.record({
  types: fc.constantFrom(['Patient'], ['Observation'], ['Observation', 'Patient']),
  where: fc.option(anyPredicate, { nil: undefined, freq: 12 }),
  sort: fc.option(fc.array(sortKey, { minLength: 1, maxLength: 2 }), { nil: undefined }),
  count: fc.constant(0),
});
