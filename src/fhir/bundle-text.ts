/**
 * Reads a Bundle entry by entry, so that one of many megabytes never holds the thread for long
 * (https://hl7.org/fhir/R4/bundle.html). Each resource keeps its exact text.
 */
import { FhirError } from '../core/error.js';
import type { ParsedJson } from '../core/json/parse.js';
import { Scanner } from '../core/json/scanner.js';
import { toJsonError } from './json-text.js';

export interface BundleEntryText {
  readonly fullUrl?: unknown;
  readonly request?: unknown;
  readonly resource?: { readonly text: string; readonly value: Readonly<Record<string, unknown>> } | undefined;
}

export interface BundleText {
  /** Reads on with every step; throws what is wrong with the text. */
  readonly entries: Generator<BundleEntryText, void, undefined>;
  /** The members beside `entry`; complete when `entries` has ended. */
  head(): Readonly<Record<string, unknown>>;
}

/** Returns a reader of the Bundle. `maxDepth` counts from each resource. */
export const readBundle = (text: string, { maxDepth }: { readonly maxDepth: number }): BundleText => {
  const head: Record<string, unknown> = {};
  const scanner = new Scanner(text, maxDepth);
  return { entries: guarded(readTop(scanner, head)), head: () => head };
};

function* guarded<T>(inner: Generator<T, void, undefined>): Generator<T, void, undefined> {
  try {
    yield* inner;
  } catch (error) {
    throw toJsonError(error);
  }
}

const parsed = (scanner: Scanner): ParsedJson => {
  const text = scanner.value();
  return { text, value: JSON.parse(text) as unknown };
};

function* readTop(scanner: Scanner, head: Record<string, unknown>): Generator<BundleEntryText, void, undefined> {
  if (!scanner.take('{')) throw new FhirError('invalid-structure', 'The body must be one JSON object with a resourceType.');
  if (scanner.take('}')) return;
  for (;;) {
    scanner.space();
    const start = scanner.position;
    const name = scanner.name();
    if (Object.hasOwn(head, name)) scanner.fail('duplicate-key', `the member "${name.slice(0, 60)}" is given twice`, start);
    head[name] = true;
    if (name === 'entry' && scanner.take('[')) yield* readEntries(scanner);
    else head[name] = parsed(scanner).value;
    if (scanner.take('}')) break;
    if (!scanner.take(',')) scanner.fail('syntax', '"," or "}" after a member is expected');
  }
  scanner.end();
}

function* readEntries(scanner: Scanner): Generator<BundleEntryText, void, undefined> {
  if (scanner.take(']')) return;
  for (let index = 0; ; index += 1) {
    yield readEntry(scanner, index);
    if (scanner.take(']')) return;
    if (!scanner.take(',')) scanner.fail('syntax', '"," or "]" after an item is expected');
  }
}

const readEntry = (scanner: Scanner, index: number): BundleEntryText => {
  if (!scanner.take('{')) throw new FhirError('invalid-bundle', 'Each entry must be an object.', { expression: `Bundle.entry[${String(index)}]` });
  const members = new Map<string, ParsedJson>();
  while (!scanner.take('}')) {
    if (members.size > 0 && !scanner.take(',')) scanner.fail('syntax', '"," or "}" after a member is expected');
    scanner.space();
    const start = scanner.position;
    const name = scanner.name();
    if (members.has(name)) scanner.fail('duplicate-key', `the member "${name.slice(0, 60)}" is given twice`, start);
    members.set(name, parsed(scanner));
  }
  const resource = members.get('resource');
  return { fullUrl: members.get('fullUrl')?.value, request: members.get('request')?.value, resource: resource && checkedResource(resource, index) };
};

const checkedResource = ({ text, value }: ParsedJson, index: number): BundleEntryText['resource'] => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { text, value: value as Record<string, unknown> };
  throw new FhirError('invalid-bundle', 'resource must be an object.', { expression: `Bundle.entry[${String(index)}].resource` });
};
