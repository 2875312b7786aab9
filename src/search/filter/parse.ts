/** The syntax of `_filter` (https://hl7.org/fhir/R4/search_filter.html): logical expressions are read from left to right, `and` and `or` alike. */

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'test'; readonly path: readonly Link[]; readonly op: FilterOp; readonly value: string };

/** One name of a path; a filter in brackets narrows what it leads to. */
export interface Link {
  readonly name: string;
  readonly filter?: Filter | undefined;
}

export const filterOps = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb', 'pr', 'po', 'ss', 'sb', 'in', 'ni', 're'] as const;
export type FilterOp = (typeof filterOps)[number];

/** What is wrong with a filter, and where. */
export class FilterFault extends Error {}

const deepest = 16;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fail(why: string): FilterFault {
    return new FilterFault(`${why} at character ${String(this.#at + 1)}`);
  }

  /** Takes what the sticky expression matches; undefined when it does not. */
  take(form: RegExp): string | undefined {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found[1] ?? found[0];
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }
}

const space = /\s+/y;
const logic = /\s+(and|or)(?=[\s(])/y;
const negation = /not(?=\s*\()/y;
const name = /[A-Za-z_][A-Za-z0-9_-]*/y;
const quoted = /"(?:[^"\\]|\\.)*"/y;
const token = /[^\s\])"]+/y;

/** Returns the filter; throws a FilterFault. */
export const parseFilter = (text: string): Filter => {
  const reader = new Reader(text.trim());
  const found = readLogic(reader, 0);
  if (!reader.isAtEnd) throw reader.fail('and, or or the end is expected');
  return found;
};

const readLogic = (reader: Reader, depth: number): Filter => {
  if (depth > deepest) throw reader.fail(`more than ${String(deepest)} brackets`);
  let left = readOne(reader, depth);
  for (;;) {
    const kind = reader.take(logic);
    if (kind === undefined) return left;
    reader.take(space);
    left = { kind: kind as 'and' | 'or', left, right: readOne(reader, depth) };
  }
};

const readOne = (reader: Reader, depth: number): Filter => {
  reader.take(space);
  const isNot = reader.take(negation) !== undefined;
  reader.take(space);
  if (reader.take(/\(/y) === undefined) return readTest(reader, depth);
  const inner = readLogic(reader, depth + 1);
  reader.take(space);
  if (reader.take(/\)/y) === undefined) throw reader.fail(') is expected');
  return isNot ? { kind: 'not', of: inner } : inner;
};

const readTest = (reader: Reader, depth: number): Filter => {
  const path = [readLink(reader, depth)];
  while (reader.take(/\./y) !== undefined) path.push(readLink(reader, depth));
  if (reader.take(space) === undefined) throw reader.fail('a blank and an operator are expected');
  const op = reader.take(/[a-z]+/y);
  if (!isOp(op)) throw reader.fail(`an operator is expected: ${filterOps.join(', ')}`);
  if (reader.take(space) === undefined) throw reader.fail('a blank and a value are expected');
  return { kind: 'test', path, op, value: readValue(reader) };
};

const isOp = (text: string | undefined): text is FilterOp => (filterOps as readonly (string | undefined)[]).includes(text);

const readLink = (reader: Reader, depth: number): Link => {
  const found = reader.take(name);
  if (found === undefined) throw reader.fail('the name of a search parameter is expected');
  if (reader.take(/\[/y) === undefined) return { name: found };
  const filter = readLogic(reader, depth + 1);
  reader.take(space);
  if (reader.take(/\]/y) === undefined) throw reader.fail('] is expected');
  return { name: found, filter };
};

const readValue = (reader: Reader): string => {
  const text = reader.take(quoted);
  if (text === undefined) {
    const bare = reader.take(token);
    if (bare === undefined) throw reader.fail('a value is expected');
    return bare;
  }
  try {
    return JSON.parse(text) as string;
  } catch {
    throw reader.fail('a quoted value must be a JSON string');
  }
};
