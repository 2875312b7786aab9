/** JSON Patch (RFC 6902) on the exact text of a resource, https://hl7.org/fhir/R4/http.html#patch */
import { applyPatch, type Operation } from 'rfc6902';
import { FhirError } from '../core/error.js';
import { JsonNumber, parseLexical, stringifyLexical, type Lexical } from '../core/json/lexical.js';
import { parseResourceText } from '../fhir/json-text.js';

export type JsonPatch = readonly Operation[];

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test'];
const withValue = new Set(['add', 'replace', 'test']);
const withFrom = new Set(['move', 'copy']);
const pointer = /^(\/([^~/]|~[01])*)*$/;
const unsafe = /\/(__proto__|prototype|constructor)(\/|$)/;
const isPointer = (path: Lexical | undefined): path is string => typeof path === 'string' && pointer.test(path) && !unsafe.test(path);

/** The library copies values as plain JSON, so numbers travel as marked text; NUL is in no string of FHIR. */
const mark = '\u0000';
type Coded = null | boolean | string | Coded[] | { [name: string]: Coded };

const encode = (value: Lexical): Coded => {
  if (value instanceof JsonNumber) return `${mark}n${value.text}`;
  if (typeof value === 'string') return value.startsWith(mark) ? `${mark}s${value}` : value;
  if (Array.isArray(value)) return value.map(encode);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, encode(item)])) : value;
};

const decode = (value: Coded): Lexical => {
  if (typeof value === 'string' && value.startsWith(mark)) return value.startsWith(`${mark}n`) ? new JsonNumber(value.slice(2)) : value.slice(2);
  if (Array.isArray(value)) return value.map(decode);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, decode(item)])) : value;
};

/** Returns the operations of a patch document; throws `malformed-patch` that names the operation and member. */
export const parseJsonPatch = (text: string, { maxDepth }: { readonly maxDepth: number }): JsonPatch => {
  const { text: compact } = parseResourceText(text, { maxDepth });
  const patch = parseLexical(compact);
  if (!Array.isArray(patch)) throw new FhirError('malformed-patch', 'A JSON Patch is an array of operations.');
  return patch.map((operation, index) => checkOperation(operation, index));
};

const checkOperation = (operation: Lexical, index: number): Operation => {
  const wrong = (what: string): FhirError => new FhirError('malformed-patch', `Operation ${String(index)}: ${what}`, { location: `patch[${String(index)}]` });
  if (typeof operation !== 'object' || operation === null || Array.isArray(operation) || operation instanceof JsonNumber) throw wrong('it must be an object with op and path.');
  const { op, path, from } = operation;
  if (typeof op !== 'string' || !operations.includes(op)) throw wrong(`op must be one of ${operations.join(', ')}.`);
  if (!isPointer(path)) throw wrong('path must be a JSON Pointer such as /name/0/given.');
  if (withFrom.has(op) && !isPointer(from)) throw wrong(`${op} needs from, a JSON Pointer.`);
  if (withValue.has(op) && !('value' in operation)) throw wrong(`${op} needs a value.`);
  if (op === 'remove' && path === '') throw wrong('the whole resource cannot be removed.');
  return encode(operation) as unknown as Operation;
};

/**
 * Returns the patched resource as compact text and plain value; numbers that are not touched keep their form.
 * Throws `invalid-patch` that names the first operation that cannot be applied.
 */
export const applyJsonPatch = (text: string, patch: JsonPatch): { text: string; value: unknown } => {
  const document = { root: encode(parseLexical(text)) };
  for (const [index, operation] of patch.entries()) {
    const [error] = applyPatch(document, [rooted(operation)]);
    if (error !== null && error !== undefined) throw refusal(operation, index, error);
  }
  const patched = stringifyLexical(decode(document.root));
  return { text: patched, value: JSON.parse(patched) as unknown };
};

/**
 * The library replaces a whole document only below a parent; a copy, so that no operation changes the value of another,
 * made of plain objects and arrays of this realm, which the library tells apart by their constructor.
 */
const rooted = (operation: Operation): Operation => {
  const copy = JSON.parse(JSON.stringify(operation)) as Operation & { from?: string };
  copy.path = `/root${operation.path}`;
  if (copy.from !== undefined) copy.from = `/root${copy.from}`;
  return copy;
};

const refusal = (operation: Operation, index: number, error: Error): FhirError => {
  const reasons: Readonly<Record<string, string>> = {
    MissingError: 'there is nothing at its path', TestError: 'its value is not what the resource has', InvalidOperationError: 'the operation is not known',
  };
  const why = reasons[error.name] ?? 'it cannot be applied';
  return new FhirError('invalid-patch', `Operation ${String(index)} (${operation.op} ${operation.path.slice(0, 100)}): ${why}. Nothing was changed.`, { location: `patch[${String(index)}]`, cause: error });
};
