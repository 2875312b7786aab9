/**
 * Turns a path into a function that walks a resource without interpreting anything: types, choice names and filters
 * are settled when it is made (http://hl7.org/fhirpath/N1/ over https://hl7.org/fhir/R4/json.html). Misshapen values
 * yield nothing; nothing here throws on data.
 */
import { baseOf, elementsOf, isType, type NamedElement } from '../definitions.js';
import { referenceType } from '../reference-type.js';
import { UnsupportedPath, type Path } from './parse.js';

/** What a walk carries along. */
export interface PathRun {
  readonly resource: Readonly<Record<string, unknown>>;
}

/** What is known of values before any is seen: a type or backbone (`Patient.contact`), and the element it comes from. */
export interface PathNode {
  readonly type: string;
  readonly element?: NamedElement | undefined;
}

export type Visit<R extends PathRun> = (value: unknown, run: R) => void;
/** Called while compiling, once per kind of result; undefined when those values are of no use. */
export type Sink<R extends PathRun> = (node: PathNode) => Visit<R> | undefined;
type Test = (value: unknown, run: PathRun) => boolean;

/**
 * Returns a function that passes every result of the path to the visits of `sink`, or undefined when the path yields
 * nothing of use on the type. Throws UnsupportedPath.
 */
export const compilePath = <R extends PathRun>(path: Path, at: { readonly here: PathNode; readonly root: string }, sink: Sink<R>): Visit<R> | undefined => {
  const { here, root } = at;
  switch (path.kind) {
    case 'this':
      return sink(here);
    case 'resource': {
      const next = sink({ type: root });
      return next && ((_value, run) => { next(run.resource, run); });
    }
    case 'member':
      if (path.of.kind === 'this' && isTypeName(path.name)) return isOfType(here.type, path.name) ? sink(here) : undefined;
      return compilePath(path.of, at, (node) => member(node, path.name, sink));
    case 'as':
      return compilePath(path.of, at, (node) => (isOfType(known(node), path.type) ? sink(node) : undefined));
    case 'union':
      return inTurn(path.of.map((branch) => compilePath(branch, at, sink)));
    case 'call':
      return compileCall(path, at, sink);
    case 'binary': {
      const test = compileTest(path, at);
      const next = sink({ type: 'boolean' });
      return next && ((value, run) => { next(test(value, run), run); });
    }
    default:
      throw new UnsupportedPath(path.kind);
  }
};

const isTypeName = (name: string): boolean => /^[A-Z]/.test(name) && isType(name);

const known = ({ type }: PathNode): string => {
  if (type === 'Resource') throw new UnsupportedPath('a resource of any type');
  return type;
};

/** The R4 definitions write `DateTime` for `dateTime`, hence the comparison without case. */
const isOfType = (type: string, wanted: string): boolean => {
  for (let each = type; each !== ''; each = baseOf(each)) if (each.toLowerCase() === wanted.toLowerCase()) return true;
  return false;
};

const inTurn = <R extends PathRun>(visits: readonly (Visit<R> | undefined)[]): Visit<R> | undefined => {
  const used = visits.filter((visit) => visit !== undefined);
  const [first, second] = used;
  if (second === undefined) return first;
  return (value, run) => {
    for (const visit of used) visit(value, run);
  };
};

const member = <R extends PathRun>(node: PathNode, name: string, sink: Sink<R>): Visit<R> | undefined => {
  const found = [...elementsOf(known(node))].filter(([, element]) => element.name === name);
  return inTurn(found.map(([key, element]) => {
    const next = sink({ type: element.children ?? element.type?.code ?? '', element });
    return next && stepInto(key, next);
  }));
};

const stepInto = <R extends PathRun>(key: string, next: Visit<R>): Visit<R> => (value, run) => {
  if (typeof value !== 'object' || value === null) return;
  const child = (value as Record<string, unknown>)[key];
  if (child === undefined || child === null) return;
  if (!Array.isArray(child)) {
    next(child, run);
    return;
  }
  for (const item of child as unknown[]) if (item !== null && item !== undefined) next(item, run);
};

const compileCall = <R extends PathRun>(path: Extract<Path, { kind: 'call' }>, at: { readonly here: PathNode; readonly root: string }, sink: Sink<R>): Visit<R> | undefined => {
  const [arg] = path.args;
  if (path.name === 'where' && arg !== undefined) {
    return compilePath(path.of, at, (node) => {
      const next = sink(node);
      const test = next && compileTest(arg, { ...at, here: node });
      return test && ((value, run) => { if (test(value, run)) next(value, run); });
    });
  }
  if (path.name === 'extension' && arg?.kind === 'literal') {
    return compilePath(path.of, at, (node) => member({ type: hasExtensions(known(node)) }, 'extension', (extension) => {
      const next = sink(extension);
      return next && ((value, run) => { if (urlOf(value) === arg.value) next(value, run); });
    }));
  }
  if (path.name === 'exists') {
    const test = compileTest(path, at);
    const next = sink({ type: 'boolean' });
    return next && ((value, run) => { next(test(value, run), run); });
  }
  throw new UnsupportedPath(path.name);
};

const hasExtensions = (type: string): string => (elementsOf(type).has('extension') ? type : 'Element');

const urlOf = (value: unknown): unknown => (typeof value === 'object' && value !== null ? (value as { url?: unknown }).url : undefined);

const compileTest = (path: Path, at: { readonly here: PathNode; readonly root: string }): Test => {
  if (path.kind === 'binary') return compileBinary(path, at);
  if (path.kind === 'is' && path.of.kind === 'call' && path.of.name === 'resolve' && path.of.of.kind === 'this') {
    const { type } = path;
    return at.here.type === 'Reference' ? (value, run) => referenceType(value, run.resource) === type : () => false;
  }
  if (path.kind === 'call' && path.name === 'exists') {
    const of: Path = path.args.length === 0 ? path.of : { kind: 'call', name: 'where', of: path.of, args: path.args };
    const values = compileValues(of, at);
    return (value, run) => values(value, run).length > 0;
  }
  if (path.kind === 'call' && path.name === 'hasExtension' && path.of.kind === 'this' && path.args[0] !== undefined) {
    const values = compileValues({ kind: 'call', name: 'extension', of: path.of, args: path.args }, at);
    return (value, run) => values(value, run).length > 0;
  }
  throw new UnsupportedPath(path.kind);
};

const compileBinary = (path: Extract<Path, { kind: 'binary' }>, at: { readonly here: PathNode; readonly root: string }): Test => {
  if (path.op === 'and' || path.op === 'or') {
    const [left, right] = [compileTest(path.left, at), compileTest(path.right, at)];
    return path.op === 'and' ? (value, run) => left(value, run) && right(value, run) : (value, run) => left(value, run) || right(value, run);
  }
  if (path.right.kind !== 'literal') throw new UnsupportedPath('a comparison with anything but a literal');
  const wanted = path.right.value;
  const values = compileValues(path.left, at);
  const equal = path.op === '=';
  return (value, run) => {
    const found = values(value, run);
    return found.length > 0 && (found.length === 1 && found[0] === wanted) === equal;
  };
};

const compileValues = (path: Path, at: { readonly here: PathNode; readonly root: string }): ((value: unknown, run: PathRun) => unknown[]) => {
  type Collect = PathRun & { readonly found: unknown[] };
  const visit = compilePath<Collect>(path, at, () => (value, { found }) => { found.push(value); });
  return (value, { resource }) => {
    const found: unknown[] = [];
    visit?.(value, { resource, found });
    return found;
  };
};
