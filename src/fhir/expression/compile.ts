/**
 * Turns a FHIRPath expression into a function once, so that nothing is interpreted per resource
 * (http://hl7.org/fhirpath/N1/). Nothing it returns throws on data; what it cannot take it refuses when made.
 */
import { areEqual, distinct, hasItem, orderOf } from './compare.js';
import type { Call, Eval, Test } from './call.js';
import { functions, tests } from './functions.js';
import { collectMember, isOfType, nothing, numberNode, PathNode, textNode, truthNodes, type Nodes } from './node.js';
import { parseExpression, UnsupportedExpression, type BinaryOperator, type Expression } from './parse.js';
import { spend, spendOnJson, stepsOfText, type Work } from './work.js';

/** Returns the function of an expression. Throws UnsupportedExpression. */
export const compileExpression = (text: string): Eval => compile(parseExpression(text));

/** Returns the same as a condition: true, false, or undefined for an empty result. */
export const compileCondition = (text: string): Test => compileTest(parseExpression(text));

/** Which resource a plain path such as `%resource.snapshot.element.first().path` begins at; undefined for any other expression. */
const rootOf = (expression: Expression): 'resource' | 'root' | undefined => {
  if (expression.kind === 'variable') return expression.name === 'resource' ? 'resource' : expression.name === 'rootResource' ? 'root' : undefined;
  if (expression.kind === 'member' || (expression.kind === 'call' && expression.name === 'first' && expression.args.length === 0)) return rootOf(expression.of);
  return undefined;
};

/** What is the same for the whole resource is looked up once, not for each of its elements: they can be thousands. */
const compile = (expression: Expression): Eval => {
  const made = compileOnce(expression);
  const root = expression.kind === 'variable' ? undefined : rootOf(expression);
  if (root === undefined) return made;
  const kept = new WeakMap<PathNode, Nodes>();
  return (focus, run) => {
    const known = kept.get(run[root]);
    if (known !== undefined) return known;
    const found = made(focus, run);
    kept.set(run[root], found);
    return found;
  };
};

const compileOnce = (expression: Expression): Eval => {
  switch (expression.kind) {
    case 'this':
      return (focus) => focus;
    case 'empty':
      return () => nothing;
    case 'index':
      return (_focus, { index }) => [numberNode(index)];
    case 'literal': {
      const made = [new PathNode(expression.value, expression.type)];
      return () => made;
    }
    case 'variable':
      return variable(expression.name);
    case 'member':
      return member(expression);
    case 'item': {
      const [of, at] = [compile(expression.of), compile(expression.at)];
      return (focus, run) => {
        const found = of(focus, run)[Number(at(focus, run)[0]?.value)];
        return found === undefined ? nothing : [found];
      };
    }
    case 'as': {
      const of = compile(expression.of);
      const { type } = expression;
      return (focus, run) => of(focus, run).filter((node) => isOfType(node, type));
    }
    case 'is':
      return truth(compileTest(expression));
    case 'binary':
      return compileBinary(expression.op, expression);
    case 'call':
      return compileCall(expression);
  }
};

const truth = (test: Test): Eval => (focus, run) => truthNodes(test(focus, run));

const codeSystems: Readonly<Record<string, string>> = { ucum: 'http://unitsofmeasure.org', sct: 'http://snomed.info/sct', loinc: 'http://loinc.org' };

const variable = (name: string): Eval => {
  const system = codeSystems[name];
  if (system !== undefined) {
    const made = [textNode(system)];
    return () => made;
  }
  if (name === 'resource') return (_focus, { resource }) => [resource];
  if (name === 'rootResource') return (_focus, { root }) => [root];
  if (name === 'context') return (_focus, { context }) => [context];
  throw new UnsupportedExpression(`%${name} is not known`);
};

const member = ({ of, name }: Extract<Expression, { kind: 'member' }>): Eval => {
  if (of.kind === 'this') {
    const isTypeName = /^[A-Z]/.test(name);
    return (focus, run) => (isTypeName ? focus.filter((node) => isOfType(node, name)) : membersOf(focus, name, run.work));
  }
  const from = compile(of);
  return (focus, run) => membersOf(from(focus, run), name, run.work);
};

const membersOf = (nodes: Nodes, name: string, work: Work | undefined): Nodes => {
  if (nodes.length === 0) return nothing;
  const found: PathNode[] = [];
  for (const node of nodes) collectMember(found, node, name);
  spend(work, nodes.length + found.length);
  return found;
};

const callOf = ({ of, args }: Extract<Expression, { kind: 'call' }>): Call => ({
  of: compile(of),
  args: args.map(compile),
  test: (index) => {
    const arg = args[index];
    if (arg === undefined) throw new UnsupportedExpression('an argument is missing');
    return compileTest(arg);
  },
});

const compileCall = (expression: Extract<Expression, { kind: 'call' }>): Eval => {
  const made = functions[expression.name]?.(callOf(expression));
  if (made === undefined) return truth(compileTest(expression));
  return (focus, run) => {
    spend(run.work, 1);
    return made(focus, run);
  };
};

const compileTest = (expression: Expression): Test => {
  if (expression.kind === 'is') {
    const of = compile(expression.of);
    const { type } = expression;
    return (focus, run) => {
      const [first] = of(focus, run);
      return first === undefined ? undefined : isOfType(first, type);
    };
  }
  if (expression.kind === 'binary') {
    const test = binaryTest(expression.op, expression);
    if (test !== undefined) return test;
  }
  if (expression.kind === 'call' && functions[expression.name] === undefined) {
    const make = tests[expression.name];
    if (make === undefined) throw new UnsupportedExpression(`the function ${expression.name}() is not known`);
    const made = make(callOf(expression));
    return (focus, run) => {
      spend(run.work, 1);
      return made(focus, run);
    };
  }
  return singleton(compile(expression));
};

/** A collection as a truth value: a single boolean is itself, any other single item is true (http://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections). */
const singleton = (of: Eval): Test => (focus, run) => {
  const found = of(focus, run);
  if (found.length === 0) return undefined;
  const value = found[0]?.value;
  return found.length === 1 && typeof value === 'boolean' ? value : true;
};

interface Sides {
  readonly left: Expression;
  readonly right: Expression;
}

const logic: Readonly<Record<string, (left: boolean | undefined, right: () => boolean | undefined) => boolean | undefined>> = {
  and: (left, right) => {
    if (left === false) return false;
    const other = right();
    return other === false ? false : left === undefined ? undefined : other;
  },
  or: (left, right) => {
    if (left === true) return true;
    const other = right();
    return other === true ? true : left === undefined ? undefined : other;
  },
  implies: (left, right) => {
    if (left === false) return true;
    const other = right();
    return other === true ? true : left === undefined ? undefined : other;
  },
  xor: (left, right) => {
    const other = right();
    return left === undefined || other === undefined ? undefined : left !== other;
  },
};

type Judge = (left: Nodes, right: Nodes, work?: Work) => boolean | undefined;

const ordered = (holds: (order: number) => boolean): Judge => (left, right, work) => {
  const [a, b] = [left[0], right[0]];
  if (typeof a?.value === 'string') spend(work, stepsOfText(a.value));
  const order = a === undefined || b === undefined ? undefined : orderOf(a, b);
  return order === undefined ? undefined : holds(order);
};

const negated = (judge: Judge): Judge => (left, right, work) => {
  const found = judge(left, right, work);
  return found === undefined ? undefined : !found;
};

const holds = (all: Nodes, item: Nodes, work: Work | undefined): boolean | undefined => {
  const [first] = item;
  return first === undefined ? undefined : hasItem(all, first, work);
};

/** Equivalence, as far as constraints use it: texts without regard to case and white space. */
const areAlike: Judge = (left, right, work) => {
  if (left.length === 0 || right.length === 0) return left.length === right.length;
  for (const { value } of [...left, ...right]) spendOnJson(work, value);
  const flat = (nodes: Nodes): string => JSON.stringify(nodes.map(({ value }) => (typeof value === 'string' ? value.trim().toLowerCase().replace(/\s+/g, ' ') : value)));
  return flat(left) === flat(right);
};

const judges: Readonly<Record<string, Judge>> = {
  '=': areEqual, '!=': negated(areEqual), '~': areAlike, '!~': negated(areAlike),
  '<': ordered((order) => order < 0), '<=': ordered((order) => order <= 0), '>': ordered((order) => order > 0), '>=': ordered((order) => order >= 0),
  'in': (left, right, work) => holds(right, left, work), 'contains': holds,
};

const binaryTest = (op: BinaryOperator, { left, right }: Sides): Test | undefined => {
  const join = logic[op];
  if (join !== undefined) {
    const [one, other] = [compileTest(left), compileTest(right)];
    return (focus, run) => {
      spend(run.work, 1);
      return join(one(focus, run), () => other(focus, run));
    };
  }
  const judge = judges[op];
  if (judge === undefined) return undefined;
  const [one, other] = [compile(left), compile(right)];
  return (focus, run) => {
    spend(run.work, 1);
    return judge(one(focus, run), other(focus, run), run.work);
  };
};

const arithmetic: Readonly<Record<string, (a: number, b: number) => number | undefined>> = {
  '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b,
  '/': (a, b) => (b === 0 ? undefined : a / b), 'div': (a, b) => (b === 0 ? undefined : Math.trunc(a / b)), 'mod': (a, b) => (b === 0 ? undefined : a % b),
};

const compileBinary = (op: BinaryOperator, sides: Sides): Eval => {
  const test = binaryTest(op, sides);
  if (test !== undefined) return truth(test);
  const [left, right] = [compile(sides.left), compile(sides.right)];
  if (op === '|') return (focus, run) => distinct([...left(focus, run), ...right(focus, run)], run.work);
  return (focus, run) => combined(op, [left(focus, run), right(focus, run)], run.work);
};

const combined = (op: BinaryOperator, [left, right]: readonly [Nodes, Nodes], work: Work | undefined): Nodes => {
  const [a, b] = [left[0]?.value, right[0]?.value];
  spend(work, stepsOfText(textOf(a)) + stepsOfText(textOf(b)));
  if (op === '&') return [textNode(`${textOf(a)}${textOf(b)}`)];
  if (op === '+' && typeof a === 'string' && typeof b === 'string') return [textNode(a + b)];
  if (typeof a !== 'number' || typeof b !== 'number') return nothing;
  const found = arithmetic[op]?.(a, b);
  return found === undefined ? nothing : [numberNode(found)];
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');
