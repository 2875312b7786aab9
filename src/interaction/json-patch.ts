/** JSON Patch (RFC 6902) on the exact text of a resource, https://hl7.org/fhir/R4/http.html#patch */
import { makeBreather } from '../core/breathe.js';
import { FhirError } from '../core/error.js';
import { cloneLexical, isLexicalObject, parseLexical, sameLexical, stringifyLexical, type Lexical, type LexicalObject } from '../core/json/lexical.js';
import { parseResourceText } from '../fhir/json-text.js';

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from: string;
  readonly value: Lexical;
}
export type JsonPatch = readonly JsonPatchOperation[];

/** A patch of more is several: it would hold the thread. */
const most = 10_000;
/** Values that all copies of a patch may make together: copies of copies double. */
const mostCopied = 100_000;

const operations: readonly string[] = ['add', 'remove', 'replace', 'move', 'copy', 'test'] satisfies JsonPatchOperation['op'][];
const withValue = new Set(['add', 'replace', 'test']);
const withFrom = new Set(['move', 'copy']);
const pointer = /^(\/([^~/]|~[01])*)*$/;
const unsafe = /\/(__proto__|prototype|constructor)(\/|$)/;
const isPointer = (path: Lexical | undefined): path is string => typeof path === 'string' && pointer.test(path) && !unsafe.test(path);
const isOp = (op: Lexical | undefined): op is JsonPatchOperation['op'] => typeof op === 'string' && operations.includes(op);

/** Returns the operations of a patch document; throws `malformed-patch` that names the operation and member. */
export const parseJsonPatch = (text: string, { maxDepth }: { readonly maxDepth: number }): JsonPatch => {
  const { text: compact } = parseResourceText(text, { maxDepth });
  const patch = parseLexical(compact);
  if (!Array.isArray(patch)) throw new FhirError('malformed-patch', 'A JSON Patch is an array of operations.');
  if (patch.length > most) throw new FhirError('too-costly', `A patch has at most ${String(most)} operations; make several of it.`);
  return patch.map((operation, index) => checkOperation(operation, index));
};

const checkOperation = (operation: Lexical, index: number): JsonPatchOperation => {
  const wrong = (what: string): FhirError => new FhirError('malformed-patch', `Operation ${String(index)}: ${what}`, { location: `patch[${String(index)}]` });
  if (!isLexicalObject(operation)) throw wrong('it must be an object with op and path.');
  const { op, path, from, value } = operation;
  if (!isOp(op)) throw wrong(`op must be one of ${operations.join(', ')}.`);
  if (!isPointer(path)) throw wrong('path must be a JSON Pointer such as /name/0/given.');
  if (withFrom.has(op) && !isPointer(from)) throw wrong(`${op} needs from, a JSON Pointer.`);
  if (withValue.has(op) && value === undefined) throw wrong(`${op} needs a value.`);
  if (op === 'remove' && path === '') throw wrong('the whole resource cannot be removed.');
  if (op === 'move' && isPointer(from) && path.startsWith(`${from}/`)) throw wrong('a value cannot be moved into itself.');
  return { op, path, from: isPointer(from) ? from : '', value: value ?? null };
};

/**
 * Returns the patched resource as compact text; numbers that are not touched keep their form.
 * Throws `invalid-patch` that names the first operation that cannot be applied, and `too-costly` for copies of copies.
 */
export const applyJsonPatch = async (text: string, patch: JsonPatch): Promise<string> => {
  const document: LexicalObject = { root: parseLexical(text) };
  const breathe = makeBreather();
  let copied = 0;
  for (const [index, operation] of patch.entries()) {
    try {
      if (operation.op === 'copy') copied += sizeOf(valueAt(document, operation.from));
      if (copied > mostCopied) throw new FhirError('too-costly', `The copies of this patch make more than ${String(mostCopied)} values.`);
      apply[operation.op](document, operation);
    } catch (error) {
      throw error instanceof Unfit ? refusal(operation, index, error.message) : error;
    }
    await breathe();
  }
  return stringifyLexical(document['root'] ?? null);
};

const sizeOf = (value: Lexical): number => {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 1);
  return isLexicalObject(value) ? Object.values(value).reduce<number>((sum, item) => sum + sizeOf(item), 1) : 1;
};

/** The operation does not fit the resource. */
class Unfit extends Error {}
const nothingThere = (): Unfit => new Unfit('there is nothing at its path');

const apply: Readonly<Record<JsonPatchOperation['op'], (document: LexicalObject, operation: JsonPatchOperation) => void>> = {
  add: (document, { path, value }) => { put(document, path, cloneLexical(value)); },
  remove: (document, { path }) => { take(document, path); },
  replace: (document, { path, value }) => {
    const { holder, key } = placeOf(document, path);
    if (Array.isArray(holder)) holder[itemIndex(holder, key)] = cloneLexical(value);
    else holder[ownKey(holder, key)] = cloneLexical(value);
  },
  move: (document, { from, path }) => { put(document, path, take(document, from)); },
  copy: (document, { from, path }) => { put(document, path, cloneLexical(valueAt(document, from))); },
  test: (document, { path, value }) => {
    if (!sameLexical(valueAt(document, path), value)) throw new Unfit('its value is not what the resource has');
  },
};

interface Place {
  readonly holder: Lexical[] | LexicalObject;
  readonly key: string;
}

/** Returns where the last step of a pointer leads from; what is there is not looked at. */
const placeOf = (document: LexicalObject, path: string): Place => {
  const steps = `root${path}`.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = steps.pop() ?? '';
  let holder: Lexical = document;
  for (const step of steps) holder = inside(holder, step);
  if (!Array.isArray(holder) && !isLexicalObject(holder)) throw nothingThere();
  return { holder, key };
};

const inside = (holder: Lexical, key: string): Lexical => {
  if (Array.isArray(holder)) return holder[itemIndex(holder, key)] ?? null;
  if (isLexicalObject(holder)) return holder[ownKey(holder, key)] ?? null;
  throw nothingThere();
};

const valueAt = (document: LexicalObject, path: string): Lexical => {
  const { holder, key } = placeOf(document, path);
  return inside(holder, key);
};

const indexForm = /^(?:0|[1-9][0-9]{0,8})$/;

const itemIndex = (holder: readonly Lexical[], key: string): number => {
  const index = indexForm.test(key) ? Number(key) : holder.length;
  if (index >= holder.length) throw nothingThere();
  return index;
};

const ownKey = (holder: LexicalObject, key: string): string => {
  if (!Object.hasOwn(holder, key)) throw nothingThere();
  return key;
};

const put = (document: LexicalObject, path: string, value: Lexical): void => {
  const { holder, key } = placeOf(document, path);
  if (!Array.isArray(holder)) holder[key] = value;
  else if (key === '-' || key === String(holder.length)) holder.push(value);
  else holder.splice(itemIndex(holder, key), 0, value);
};

const take = (document: LexicalObject, path: string): Lexical => {
  const { holder, key } = placeOf(document, path);
  const value = inside(holder, key);
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
  return value;
};

const refusal = ({ op, path }: JsonPatchOperation, index: number, why: string): FhirError =>
  new FhirError('invalid-patch', `Operation ${String(index)} (${op} ${path.slice(0, 100)}): ${why}. Nothing was changed.`, { location: `patch[${String(index)}]` });
