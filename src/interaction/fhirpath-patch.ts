/** FHIRPath Patch on the exact text of a resource, https://hl7.org/fhir/R4/fhirpatch.html */
import { makeBreather } from '../core/breathe.js';
import { FhirError } from '../core/error.js';
import { isLexicalObject, JsonNumber, parseLexical, stringifyLexical, type Lexical, type LexicalObject } from '../core/json/lexical.js';
import { parseResourceText } from '../fhir/json-text.js';
import { ensureInside, insertItem, lengthAt, moveItem, removeNode, replaceNode } from '../fhir/patch/edit.js';
import { rootNode, typeInside, valueOf, type PatchNode } from '../fhir/patch/node.js';
import { makeSelector, type Selector } from '../fhir/patch/select.js';
import type { NamedElement } from '../fhir/definitions.js';
import { addMember, memberFor, newValue, readValue, type PatchValue } from './patch-value.js';

export type FhirPathOperation =
  | { readonly type: 'add'; readonly path: string; readonly name: string; readonly value: PatchValue }
  | { readonly type: 'insert'; readonly path: string; readonly index: number; readonly value: PatchValue }
  | { readonly type: 'delete'; readonly path: string }
  | { readonly type: 'replace'; readonly path: string; readonly value: PatchValue }
  | { readonly type: 'move'; readonly path: string; readonly source: number; readonly destination: number };

export type FhirPathPatch = readonly FhirPathOperation[];

/** A patch of more is several. */
const most = 1_000;
/** Characters of a path. */
const longest = 2_000;
const takes: Readonly<Record<FhirPathOperation['type'], readonly string[]>> = {
  add: ['name', 'value'], insert: ['index', 'value'], delete: [], replace: ['value'], move: ['source', 'destination'],
};
const isType = (type: string | undefined): type is FhirPathOperation['type'] => type !== undefined && Object.hasOwn(takes, type);

/** Returns the operations of a Parameters resource; throws `malformed-patch` that names the operation and its part. */
export const parseFhirPathPatch = (text: string, { maxDepth }: { readonly maxDepth: number }): FhirPathPatch => {
  const document = parseLexical(parseResourceText(text, { maxDepth }).text);
  if (!isLexicalObject(document) || document['resourceType'] !== 'Parameters') {
    throw new FhirError('malformed-patch', 'A FHIRPath Patch is a Parameters resource; a JSON Patch is sent as application/json-patch+json.');
  }
  const parameters = document['parameter'] ?? [];
  if (!Array.isArray(parameters)) throw new FhirError('malformed-patch', 'parameter must be a list.', { expression: 'Parameters.parameter' });
  if (parameters.length > most) throw new FhirError('too-costly', `A patch has at most ${String(most)} operations; make several of it.`);
  return parameters.map(readOperation);
};

const readOperation = (parameter: Lexical, index: number): FhirPathOperation => {
  try {
    if (!isLexicalObject(parameter) || parameter['name'] !== 'operation') throw new FhirError('malformed-patch', 'each parameter must be named "operation".');
    return toOperation(partsOf(parameter));
  } catch (error) {
    throw error instanceof FhirError ? new FhirError(error.code, `Operation ${String(index)}: ${error.message}`, { expression: `Parameters.parameter[${String(index)}]` }) : error;
  }
};

type Parts = ReadonlyMap<string, LexicalObject>;

const partsOf = ({ part }: LexicalObject): Parts => {
  const parts = new Map<string, LexicalObject>();
  for (const one of Array.isArray(part) ? part : []) {
    const name = isLexicalObject(one) ? one['name'] : undefined;
    if (!isLexicalObject(one) || typeof name !== 'string') throw new FhirError('malformed-patch', 'each part needs a name.');
    if (parts.has(name)) throw new FhirError('malformed-patch', `the part "${name.slice(0, 40)}" is given twice.`);
    parts.set(name, one);
  }
  return parts;
};

const toOperation = (parts: Parts): FhirPathOperation => {
  const type = textPart(parts, 'type');
  if (!isType(type)) throw new FhirError('malformed-patch', `type must be one of ${Object.keys(takes).join(', ')}.`);
  const path = textPart(parts, 'path');
  for (const name of parts.keys()) {
    if (name !== 'type' && name !== 'path' && !takes[type].includes(name)) throw new FhirError('malformed-patch', `${type} has no part "${name.slice(0, 40)}"; it takes ${['path', ...takes[type]].join(', ')}.`);
  }
  switch (type) {
    case 'add': return { type, path, name: textPart(parts, 'name'), value: readValue(partNamed(parts, 'value')) };
    case 'insert': return { type, path, index: numberPart(parts, 'index'), value: readValue(partNamed(parts, 'value')) };
    case 'replace': return { type, path, value: readValue(partNamed(parts, 'value')) };
    case 'move': return { type, path, source: numberPart(parts, 'source'), destination: numberPart(parts, 'destination') };
    case 'delete': return { type, path };
  }
};

const partNamed = (parts: Parts, name: string): LexicalObject => {
  const part = parts.get(name);
  if (part === undefined) throw new FhirError('malformed-patch', `the part "${name}" is missing.`);
  return part;
};

const textPart = (parts: Parts, name: string): string => {
  const part = partNamed(parts, name);
  const text = part['valueString'] ?? part['valueCode'];
  if (typeof text !== 'string' || text === '') throw new FhirError('malformed-patch', `the part "${name}" needs a valueString.`);
  if (text.length > longest) throw new FhirError('malformed-patch', `the part "${name}" has more than ${String(longest)} characters.`);
  return text;
};

const numberPart = (parts: Parts, name: string): number => {
  const part = partNamed(parts, name);
  const number = part['valueInteger'] ?? part['valueUnsignedInt'];
  if (!(number instanceof JsonNumber) || !/^(?:0|[1-9][0-9]{0,8})$/.test(number.text)) throw new FhirError('malformed-patch', `the part "${name}" needs a valueInteger of 0 or more.`);
  return Number(number.text);
};

/**
 * Returns the patched resource as compact text; numbers that are not touched keep their form.
 * Throws `invalid-patch` that names the first operation that cannot be applied, and what its path throws.
 */
export const applyFhirPathPatch = async (text: string, patch: FhirPathPatch): Promise<string> => {
  const root = rootNode(parseLexical(text));
  const selector = makeSelector(root);
  const breathe = makeBreather();
  for (const [index, operation] of patch.entries()) {
    try {
      await applyOperation(selector, operation);
    } catch (error) {
      throw error instanceof FhirError ? refusal(error, operation, index) : error;
    }
    await breathe();
  }
  return stringifyLexical(valueOf(root) ?? null);
};

const refusal = (error: FhirError, { type, path }: FhirPathOperation, index: number): FhirError =>
  new FhirError(error.code, `Operation ${String(index)} (${type} ${path.slice(0, 100)}): ${error.message} Nothing was changed.`, { expression: `Parameters.parameter[${String(index)}]`, retryAfter: error.options.retryAfter, cause: error });

const applyOperation = async (selector: Selector, operation: FhirPathOperation): Promise<void> => {
  switch (operation.type) {
    case 'add':
      add(await only(selector, operation.path), operation);
      return;
    case 'replace':
      replace(await only(selector, operation.path), operation.value);
      return;
    case 'delete': {
      const nodes = await selector.find(operation.path);
      if (nodes.length > 1) throw moreThanOne(nodes.length);
      for (const node of nodes) removeNode(checkNotRoot(node, 'deleted'));
      return;
    }
    default:
      changeList(await listOf(selector, operation.path), operation);
  }
};

const moreThanOne = (count: number): FhirError => new FhirError('invalid-patch', `the path matches ${String(count)} elements; it must match one.`);

const only = async (selector: Selector, path: string): Promise<PatchNode> => {
  const [node, ...others] = await selector.find(path);
  if (node === undefined) throw new FhirError('invalid-patch', 'no element matches the path.');
  if (others.length > 0) throw moreThanOne(others.length + 1);
  return node;
};

const checkNotRoot = (node: PatchNode, what: string): PatchNode => {
  if (node.parent === undefined) throw new FhirError('invalid-patch', `the whole resource cannot be ${what}.`);
  return node;
};

const add = (node: PatchNode, { name, value }: FhirPathOperation & { type: 'add' }): void => {
  const member = memberFor(typeInside(node), name, value);
  const made = newValue(member.element, value);
  const holder = ensureInside(node);
  if (holder === undefined) throw new FhirError('invalid-patch', 'nothing can be added to this element.');
  addMember(holder, member, made);
};

const replace = (node: PatchNode, value: PatchValue): void => {
  const { element, parent, key } = checkNotRoot(node, 'replaced');
  if (element === undefined || parent === undefined) return;
  const member = element.choice ? memberFor(typeInside(parent), element.name, value) : { key, element };
  replaceNode(node, member.key, newValue(member.element, value));
};

interface List {
  readonly holder: LexicalObject;
  readonly key: string;
  readonly element: NamedElement;
}

const listForm = /^([^]+)\.\s*([A-Za-z][A-Za-z0-9]*)\s*$/;

/** A list may be empty, so its path is that of the one element it belongs to, and its name. */
const listOf = async (selector: Selector, path: string): Promise<List> => {
  const [, owner, name] = listForm.exec(path) ?? [];
  if (owner === undefined || name === undefined) throw new FhirError('invalid-patch', 'the path must name a list, such as Patient.name.');
  const node = await only(selector, owner);
  const { key, element } = memberFor(typeInside(node), name, { kind: 'parts', parts: [] });
  if (element.max <= 1) throw new FhirError('invalid-patch', `"${name}" is no list.`);
  const holder = ensureInside(node);
  if (holder === undefined) throw new FhirError('invalid-patch', 'there is no list in this element.');
  return { holder, key, element };
};

const changeList = ({ holder, key, element }: List, operation: FhirPathOperation & { type: 'insert' | 'move' }): void => {
  const length = lengthAt(holder, key);
  if (operation.type === 'insert') {
    if (operation.index > length) throw new FhirError('invalid-patch', `index must be at most ${String(length)}, the length of the list.`);
    insertItem(holder, { key, index: operation.index }, newValue(element, operation.value));
    return;
  }
  const { source, destination } = operation;
  if (source >= length || destination >= length) throw new FhirError('invalid-patch', `source and destination must be below ${String(length)}, the length of the list.`);
  moveItem(holder, key, { from: source, to: destination });
};
