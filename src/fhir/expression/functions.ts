/** The functions of FHIRPath that constraints are written with (http://hl7.org/fhirpath/N1/#functions, https://hl7.org/fhir/R4/fhirpath.html#functions). */
import { distinct, hasItem } from './compare.js';
import type { Call, Eval, Run, Test } from './call.js';
import { collectChildren, collectMember, isOfType, nothing, numberNode, PathNode, textNode, type Nodes } from './node.js';
import { UnsupportedExpression } from './parse.js';
import { textFunctions, textTests } from './text-functions.js';
import { spend, stepsOfText, type Work } from './work.js';

/** Whether all items differ; texts and numbers by a set, since an element list can be thousands long. */
const isDistinct = (nodes: Nodes, work: Work | undefined): boolean => {
  spend(work, nodes.length);
  if (nodes.every(({ value }) => typeof value === 'string' || typeof value === 'number')) return new Set(nodes.map(({ value }) => value)).size === nodes.length;
  return distinct(nodes, work).length === nodes.length;
};

const arg = ({ args }: Call, index: number): Eval => {
  const found = args[index];
  if (found === undefined) throw new UnsupportedExpression('an argument is missing');
  return found;
};

const at = (run: Run, index: number): Run => ({ ...run, index });

/** Returns what the expression before the dot finds; going through it is counted. */
const input = ({ of }: Call, focus: Nodes, run: Run): Nodes => {
  const found = of(focus, run);
  spend(run.work, found.length);
  return found;
};

const firstOf = ({ of }: Call, focus: Nodes, run: Run): Nodes => {
  const [first] = of(focus, run);
  if (first === undefined) return nothing;
  if (typeof first.value === 'string') spend(run.work, stepsOfText(first.value));
  return [first];
};

const childrenOf = (nodes: Nodes, work: Work | undefined): Nodes => {
  const found: PathNode[] = [];
  for (const node of nodes) {
    const before = found.length;
    collectChildren(found, node);
    spend(work, 1 + found.length - before);
  }
  return found;
};

const descendantsOf = (nodes: Nodes, work: Work | undefined): Nodes => {
  const found: PathNode[] = [];
  for (let level = childrenOf(nodes, work); level.length > 0; level = childrenOf(level, work)) for (const node of level) found.push(node);
  return found;
};

/** Steps of `repeat` before it is given up: a projection that makes ever new values would not end. */
const mostSteps = 10_000;

const repeated = (start: Nodes, step: (nodes: Nodes) => Nodes, work: Work | undefined): Nodes => {
  const found: PathNode[] = [];
  const seen = new Set<unknown>();
  for (let next = step(start); next.length > 0 && found.length < mostSteps; next = step(next)) {
    spend(work, next.length);
    next = next.filter(({ value }) => !seen.has(value));
    for (const node of next) {
      seen.add(node.value);
      found.push(node);
    }
  }
  return found;
};

const extensionsOf = (nodes: Nodes, url: unknown): Nodes => {
  const found: PathNode[] = [];
  for (const node of nodes) collectMember(found, node, 'extension');
  return found.filter(({ value }) => (value as { url?: unknown } | undefined)?.url === url);
};

const part = (select: (nodes: Nodes, count: number) => Nodes) => (call: Call): Eval => {
  const count = call.args.length > 0 ? arg(call, 0) : undefined;
  return (focus, run) => select(input(call, focus, run), Number(count?.(focus, run)[0]?.value ?? 0));
};

const conditional = (call: Call): Eval => {
  const [test, then] = [call.test(0), arg(call, 1)];
  const otherwise = call.args[2];
  return (focus, run) => {
    const found = call.of(focus, run);
    return test(found, run) === true ? then(found, run) : otherwise?.(found, run) ?? nothing;
  };
};

export const functions: Readonly<Record<string, (call: Call) => Eval>> = {
  ...textFunctions,
  where: (call) => {
    const test = call.test(0);
    return (focus, run) => input(call, focus, run).filter((node, index) => test([node], at(run, index)) === true);
  },
  select: (call) => {
    const project = arg(call, 0);
    return (focus, run) => input(call, focus, run).flatMap((node, index) => project([node], at(run, index)));
  },
  repeat: (call) => {
    const project = arg(call, 0);
    return (focus, run) => repeated(call.of(focus, run), (nodes) => nodes.flatMap((node, index) => project([node], at(run, index))), run.work);
  },
  children: ({ of }) => (focus, run) => childrenOf(of(focus, run), run.work),
  descendants: ({ of }) => (focus, run) => descendantsOf(of(focus, run), run.work),
  first: part((nodes) => nodes.slice(0, 1)),
  last: part((nodes) => nodes.slice(-1)),
  tail: part((nodes) => nodes.slice(1)),
  skip: part((nodes, count) => nodes.slice(Math.max(0, count))),
  take: part((nodes, count) => nodes.slice(0, Math.max(0, count))),
  single: part((nodes) => (nodes.length === 1 ? nodes : nothing)),
  count: ({ of }) => (focus, run) => [numberNode(of(focus, run).length)],
  distinct: ({ of }) => (focus, run) => distinct(of(focus, run), run.work),
  union: (call) => (focus, run) => distinct([...call.of(focus, run), ...arg(call, 0)(focus, run)], run.work),
  combine: (call) => (focus, run) => {
    const all = [...call.of(focus, run), ...arg(call, 0)(focus, run)];
    spend(run.work, all.length);
    return all;
  },
  intersect: (call) => (focus, run) => {
    const other = arg(call, 0)(focus, run);
    return distinct(input(call, focus, run).filter((node) => hasItem(other, node, run.work)), run.work);
  },
  exclude: (call) => (focus, run) => {
    const other = arg(call, 0)(focus, run);
    return input(call, focus, run).filter((node) => !hasItem(other, node, run.work));
  },
  iif: conditional,
  trace: ({ of }) => of,
  getValue: ({ of }) => (focus, run) => of(focus, run).filter(({ value }) => value !== undefined && typeof value !== 'object'),
  extension: (call) => (focus, run) => extensionsOf(call.of(focus, run), arg(call, 0)(focus, run)[0]?.value),
  resolve: ({ of }) => (focus, run) => of(focus, run).flatMap((node) => run.resolve(node) ?? []),
  toInteger: (call) => (focus, run) => firstOf(call, focus, run).flatMap(({ value }) => (/^[+-]?\d+$/.test(String(value)) ? [numberNode(Number(value))] : typeof value === 'boolean' ? [numberNode(Number(value))] : [])),
  toDecimal: (call) => (focus, run) => firstOf(call, focus, run).flatMap(({ value }) => (/^[+-]?\d+(\.\d+)?$/.test(String(value)) ? [new PathNode(Number(value), 'System.Decimal')] : [])),
  toString: (call: Call): Eval => (focus, run) => firstOf(call, focus, run).flatMap(({ value }) => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [textNode(String(value))] : [])),
};

const isTrue = ({ value }: PathNode): boolean => value === true;

/** Functions that say yes or no. */
export const tests: Readonly<Record<string, (call: Call) => Test>> = {
  ...textTests,
  exists: (call) => {
    if (call.args.length === 0) return (focus, run) => call.of(focus, run).length > 0;
    const test = call.test(0);
    return (focus, run) => input(call, focus, run).some((node, index) => test([node], at(run, index)) === true);
  },
  all: (call) => {
    const test = call.test(0);
    return (focus, run) => input(call, focus, run).every((node, index) => test([node], at(run, index)) === true);
  },
  empty: ({ of }) => (focus, run) => of(focus, run).length === 0,
  not: ({ of }) => (focus, run) => {
    const found = of(focus, run);
    if (found.length === 0) return undefined;
    return found.length === 1 && typeof found[0]?.value === 'boolean' ? !found[0].value : false;
  },
  allTrue: ({ of }) => (focus, run) => of(focus, run).every(isTrue),
  anyTrue: ({ of }) => (focus, run) => of(focus, run).some(isTrue),
  allFalse: ({ of }) => (focus, run) => of(focus, run).every((node) => !isTrue(node)),
  anyFalse: ({ of }) => (focus, run) => of(focus, run).some((node) => !isTrue(node)),
  hasValue: ({ of }) => (focus, run) => {
    const found = of(focus, run);
    return found.length === 1 && found[0]?.value !== undefined && typeof found[0].value !== 'object';
  },
  isDistinct: ({ of }) => (focus, run) => isDistinct(of(focus, run), run.work),
  subsetOf: (call) => (focus, run) => {
    const other = arg(call, 0)(focus, run);
    return input(call, focus, run).every((node) => hasItem(other, node, run.work));
  },
  supersetOf: (call) => (focus, run) => {
    const own = call.of(focus, run);
    return arg(call, 0)(focus, run).every((node) => hasItem(own, node, run.work));
  },
  hasExtension: (call) => (focus, run) => extensionsOf(call.of(focus, run), arg(call, 0)(focus, run)[0]?.value).length > 0,
  /** The structure layer reads every narrative against the allow-list. */
  htmlChecks: ({ of }) => (focus, run) => of(focus, run).every((node) => isOfType(node, 'xhtml')),
};
