/** The functions of FHIRPath that constraints are written with (http://hl7.org/fhirpath/N1/#functions, https://hl7.org/fhir/R4/fhirpath.html#functions). */
import { hasItem } from './compare.js';
import type { Call, Eval, Run, Test } from './call.js';
import { collectChildren, collectMember, isOfType, nothing, numberNode, PathNode, textNode, type Nodes } from './node.js';
import { UnsupportedExpression } from './parse.js';
import { textFunctions, textTests } from './text-functions.js';

const distinct = (nodes: Nodes): Nodes => {
  if (nodes.length < 2) return nodes;
  const kept: PathNode[] = [];
  for (const node of nodes) if (!hasItem(kept, node)) kept.push(node);
  return kept;
};

/** Whether all items differ; texts and numbers by a set, since an element list can be thousands long. */
const isDistinct = (nodes: Nodes): boolean => {
  if (nodes.every(({ value }) => typeof value === 'string' || typeof value === 'number')) return new Set(nodes.map(({ value }) => value)).size === nodes.length;
  return distinct(nodes).length === nodes.length;
};

const arg = ({ args }: Call, index: number): Eval => {
  const found = args[index];
  if (found === undefined) throw new UnsupportedExpression('an argument is missing');
  return found;
};

const at = (run: Run, index: number): Run => ({ ...run, index });

const childrenOf = (nodes: Nodes): Nodes => {
  const found: PathNode[] = [];
  for (const node of nodes) collectChildren(found, node);
  return found;
};

const descendantsOf = (nodes: Nodes): Nodes => {
  const found: PathNode[] = [];
  for (let level = childrenOf(nodes); level.length > 0; level = childrenOf(level)) for (const node of level) found.push(node);
  return found;
};

/** Steps of `repeat` before it is given up: a projection that makes ever new values would not end. */
const mostSteps = 10_000;

const repeated = (start: Nodes, step: (nodes: Nodes) => Nodes): Nodes => {
  const found: PathNode[] = [];
  const seen = new Set<unknown>();
  for (let next = step(start); next.length > 0 && found.length < mostSteps; next = step(next)) {
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
  return (focus, run) => select(call.of(focus, run), Number(count?.(focus, run)[0]?.value ?? 0));
};

const conditional = (call: Call): Eval => {
  const [test, then] = [call.test(0), arg(call, 1)];
  const otherwise = call.args[2];
  return (focus, run) => {
    const input = call.of(focus, run);
    return test(input, run) === true ? then(input, run) : otherwise?.(input, run) ?? nothing;
  };
};

export const functions: Readonly<Record<string, (call: Call) => Eval>> = {
  ...textFunctions,
  where: (call) => {
    const test = call.test(0);
    return (focus, run) => call.of(focus, run).filter((node, index) => test([node], at(run, index)) === true);
  },
  select: (call) => {
    const project = arg(call, 0);
    return (focus, run) => call.of(focus, run).flatMap((node, index) => project([node], at(run, index)));
  },
  repeat: (call) => {
    const project = arg(call, 0);
    return (focus, run) => repeated(call.of(focus, run), (nodes) => nodes.flatMap((node, index) => project([node], at(run, index))));
  },
  children: ({ of }) => (focus, run) => childrenOf(of(focus, run)),
  descendants: ({ of }) => (focus, run) => descendantsOf(of(focus, run)),
  first: part((nodes) => nodes.slice(0, 1)),
  last: part((nodes) => nodes.slice(-1)),
  tail: part((nodes) => nodes.slice(1)),
  skip: part((nodes, count) => nodes.slice(Math.max(0, count))),
  take: part((nodes, count) => nodes.slice(0, Math.max(0, count))),
  single: part((nodes) => (nodes.length === 1 ? nodes : nothing)),
  count: ({ of }) => (focus, run) => [numberNode(of(focus, run).length)],
  distinct: ({ of }) => (focus, run) => distinct(of(focus, run)),
  union: (call) => (focus, run) => distinct([...call.of(focus, run), ...arg(call, 0)(focus, run)]),
  combine: (call) => (focus, run) => [...call.of(focus, run), ...arg(call, 0)(focus, run)],
  intersect: (call) => (focus, run) => {
    const other = arg(call, 0)(focus, run);
    return distinct(call.of(focus, run).filter((node) => hasItem(other, node)));
  },
  exclude: (call) => (focus, run) => {
    const other = arg(call, 0)(focus, run);
    return call.of(focus, run).filter((node) => !hasItem(other, node));
  },
  iif: conditional,
  trace: ({ of }) => of,
  getValue: ({ of }) => (focus, run) => of(focus, run).filter(({ value }) => value !== undefined && typeof value !== 'object'),
  extension: (call) => (focus, run) => extensionsOf(call.of(focus, run), arg(call, 0)(focus, run)[0]?.value),
  resolve: ({ of }) => (focus, run) => of(focus, run).flatMap((node) => run.resolve(node) ?? []),
  toInteger: ({ of }) => (focus, run) => of(focus, run).slice(0, 1).flatMap(({ value }) => (/^[+-]?\d+$/.test(String(value)) ? [numberNode(Number(value))] : typeof value === 'boolean' ? [numberNode(Number(value))] : [])),
  toDecimal: ({ of }) => (focus, run) => of(focus, run).slice(0, 1).flatMap(({ value }) => (/^[+-]?\d+(\.\d+)?$/.test(String(value)) ? [new PathNode(Number(value), 'System.Decimal')] : [])),
  toString: ({ of }: Call): Eval => (focus, run) => of(focus, run).slice(0, 1).flatMap(({ value }) => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [textNode(String(value))] : [])),
};

const isTrue = ({ value }: PathNode): boolean => value === true;

/** Functions that say yes or no. */
export const tests: Readonly<Record<string, (call: Call) => Test>> = {
  ...textTests,
  exists: (call) => {
    if (call.args.length === 0) return (focus, run) => call.of(focus, run).length > 0;
    const test = call.test(0);
    return (focus, run) => call.of(focus, run).some((node, index) => test([node], at(run, index)) === true);
  },
  all: (call) => {
    const test = call.test(0);
    return (focus, run) => call.of(focus, run).every((node, index) => test([node], at(run, index)) === true);
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
  isDistinct: ({ of }) => (focus, run) => isDistinct(of(focus, run)),
  subsetOf: (call) => (focus, run) => {
    const other = arg(call, 0)(focus, run);
    return call.of(focus, run).every((node) => hasItem(other, node));
  },
  supersetOf: (call) => (focus, run) => {
    const own = call.of(focus, run);
    return arg(call, 0)(focus, run).every((node) => hasItem(own, node));
  },
  hasExtension: (call) => (focus, run) => extensionsOf(call.of(focus, run), arg(call, 0)(focus, run)[0]?.value).length > 0,
  /** The structure layer reads every narrative against the allow-list. */
  htmlChecks: ({ of }) => (focus, run) => of(focus, run).every((node) => isOfType(node, 'xhtml')),
};
