/**
 * Reads the part of FHIRPath that search parameters are written in (http://hl7.org/fhirpath/N1/#grammar). What lies
 * outside of it is left to the fhirpath library.
 */
export type Path =
  | { readonly kind: 'this' | 'resource' }
  | { readonly kind: 'member'; readonly of: Path; readonly name: string }
  | { readonly kind: 'call'; readonly of: Path; readonly name: string; readonly args: readonly Path[] }
  | { readonly kind: 'as'; readonly of: Path; readonly type: string }
  | { readonly kind: 'is'; readonly of: Path; readonly type: string }
  | { readonly kind: 'union'; readonly of: readonly Path[] }
  | { readonly kind: 'binary'; readonly op: '=' | '!=' | 'and' | 'or'; readonly left: Path; readonly right: Path }
  | { readonly kind: 'literal'; readonly value: string | boolean | number };

/** The expression is beyond the part of FHIRPath that is read here. */
export class UnsupportedPath extends Error {}

const tokenForm = /\s*(?:([A-Za-z_]\w*|`[^`]+`)|('(?:[^'\\]|\\.)*')|(\d+(?:\.\d+)?)|(%resource|%context|!=|[=.|()[\],]))/y;

const tokenize = (text: string): string[] => {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.trimEnd().length) {
    tokenForm.lastIndex = at;
    const found = tokenForm.exec(text);
    if (found === null) throw new UnsupportedPath(text);
    tokens.push(found[0].trim());
    at = tokenForm.lastIndex;
  }
  return tokens;
};

const self: Path = { kind: 'this' };
const levels: readonly (readonly ('=' | '!=' | 'and' | 'or')[])[] = [['or'], ['and'], ['=', '!=']];

interface Cursor {
  readonly text: string;
  readonly tokens: readonly string[];
  at: number;
}

const take = (cursor: Cursor, token: string): boolean => {
  if (cursor.tokens[cursor.at] !== token) return false;
  cursor.at += 1;
  return true;
};

const need = (cursor: Cursor, token: string): void => {
  if (!take(cursor, token)) throw new UnsupportedPath(cursor.text);
};

const word = (cursor: Cursor): string => {
  const token = cursor.tokens[cursor.at] ?? '';
  if (!/^[A-Za-z_`]/.test(token)) throw new UnsupportedPath(cursor.text);
  cursor.at += 1;
  return token.replaceAll('`', '');
};

/** `FHIR.Patient` is `Patient`. */
const typeName = (cursor: Cursor): string => {
  const name = word(cursor);
  return take(cursor, '.') ? word(cursor) : name;
};

const binary = (cursor: Cursor, level = 0): Path => {
  const ops = levels[level];
  if (ops === undefined) return union(cursor);
  let left = binary(cursor, level + 1);
  for (;;) {
    const op = ops.find((each) => take(cursor, each));
    if (op === undefined) return left;
    left = { kind: 'binary', op, left, right: binary(cursor, level + 1) };
  }
};

const union = (cursor: Cursor): Path => {
  const first = typed(cursor);
  const of = [first];
  while (take(cursor, '|')) of.push(typed(cursor));
  return of.length === 1 ? first : { kind: 'union', of };
};

const typed = (cursor: Cursor): Path => {
  let of = steps(cursor);
  for (;;) {
    if (take(cursor, 'as')) of = { kind: 'as', of, type: typeName(cursor) };
    else if (take(cursor, 'is')) of = { kind: 'is', of, type: typeName(cursor) };
    else return of;
  }
};

const steps = (cursor: Cursor): Path => {
  let of = primary(cursor);
  while (take(cursor, '.')) of = invocation(cursor, of);
  if (cursor.tokens[cursor.at] === '[') throw new UnsupportedPath(cursor.text);
  return of;
};

const primary = (cursor: Cursor): Path => {
  if (take(cursor, '(')) {
    const inner = binary(cursor);
    need(cursor, ')');
    return inner;
  }
  if (take(cursor, '%resource')) return { kind: 'resource' };
  return literal(cursor) ?? invocation(cursor, self);
};

const literal = (cursor: Cursor): Path | undefined => {
  const token = cursor.tokens[cursor.at] ?? '';
  const isWord = token === 'true' || token === 'false';
  if (!isWord && !/^['\d]/.test(token)) return undefined;
  cursor.at += 1;
  if (isWord) return { kind: 'literal', value: token === 'true' };
  return { kind: 'literal', value: token.startsWith("'") ? token.slice(1, -1).replace(/\\(.)/g, '$1') : Number(token) };
};

const invocation = (cursor: Cursor, of: Path): Path => {
  const name = word(cursor);
  if (!take(cursor, '(')) return { kind: 'member', of, name };
  if (name === 'as' || name === 'ofType') {
    const type = typeName(cursor);
    need(cursor, ')');
    return { kind: 'as', of, type };
  }
  if (take(cursor, ')')) return { kind: 'call', of, name, args: [] };
  const args = [binary(cursor)];
  while (take(cursor, ',')) args.push(binary(cursor));
  need(cursor, ')');
  return { kind: 'call', of, name, args };
};

/** Returns the expression as a tree; `as`, `.as()` and `.ofType()` are one and the same. Throws UnsupportedPath. */
export const parsePath = (text: string): Path => {
  const cursor: Cursor = { text, tokens: tokenize(text), at: 0 };
  const path = binary(cursor);
  if (cursor.at < cursor.tokens.length) throw new UnsupportedPath(text);
  return path;
};

/** Returns the branches of a union, the path itself when it is none. */
export const branchesOf = (path: Path): readonly Path[] => (path.kind === 'union' ? path.of.flatMap(branchesOf) : [path]);
