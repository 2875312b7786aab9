/**
 * Turns JSON texts into units: a batch or transaction stays what it is; the resources of any other Bundle
 * (https://hl7.org/fhir/R4/bundle.html) and loose ones are put under their ids, or created when they have none, in groups.
 */
import { makeBreather } from '../../core/breathe.js';
import { FhirError } from '../../core/error.js';
import { readBundle } from '../../fhir/bundle-text.js';
import { parseResourceText } from '../../fhir/json-text.js';
import type { Parsed, RawEntry } from '../../interaction/request.js';
import type { BadLine, Document } from './documents.js';
import { aimOf, type Place, type Unit, type Unsent } from './unit.js';

export interface GroupLimits {
  /** Resources of a group. */
  readonly count: number;
  /** Characters of a group. */
  readonly weight: number;
  readonly maxDepth: number;
}

/** Yields units in the order of the texts, and what cannot be sent. */
export async function* makeUnits(documents: AsyncIterable<Document | BadLine>, limits: GroupLimits): AsyncGenerator<Unit | Unsent, void, undefined> {
  const group = new Group(limits);
  for await (const document of documents) {
    const read = await readDocument(document, limits);
    if ('code' in read) yield read;
    else if (read.kind === 'loose') yield* group.add(read.entries, read.places);
    else {
      yield* group.flush();
      if (read.entries.length > 0) yield read;
    }
  }
  yield* group.flush();
}

interface Loose extends Omit<Unit, 'kind'> {
  readonly kind: 'loose';
}

const readDocument = async (document: Document | BadLine, limits: GroupLimits): Promise<Unit | Loose | Unsent> => {
  const place: Place = document.line === undefined ? {} : { line: document.line };
  if ('bad' in document) return { code: 'malformed-json', text: document.bad, place };
  try {
    return await readText(document.text, place, limits);
  } catch (error) {
    if (error instanceof FhirError) return { code: error.code as Unsent['code'], text: place.line === undefined ? error.message : error.message.replace(/^Line 1, column/, 'Column'), place };
    throw error;
  }
};

const named = /^\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]*)"/;

const readText = async (text: string, place: Place, limits: GroupLimits): Promise<Unit | Loose> => {
  const type = named.exec(text)?.[1];
  if (type === 'Bundle' || (type === undefined && text.includes('"Bundle"'))) return readEntries(text, place, limits);
  return looseOf([{ resource: asResource(parseResourceText(text, limits)) }], [place]);
};

const asResource = ({ text, value }: { text: string; value: unknown }): Parsed => {
  const resource = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  if (resource === undefined) throw new FhirError('invalid-structure', 'It is no JSON object; a resource is one, with a resourceType.');
  if (typeof resource['resourceType'] !== 'string' || resource['resourceType'] === '') throw new FhirError('wrong-resource-type', 'resourceType is missing.');
  return { text, value: resource };
};

const readEntries = async (text: string, place: Place, limits: GroupLimits): Promise<Unit | Loose> => {
  const breathe = makeBreather();
  const bundle = readBundle(text, limits);
  const entries: RawEntry[] = [];
  for (const entry of bundle.entries) {
    entries.push(entry);
    await breathe();
  }
  const { resourceType, type } = bundle.head();
  if (resourceType !== 'Bundle') return looseOf([{ resource: asResource(parseResourceText(text, limits)) }], [place]);
  const places = entries.map((_, entry): Place => ({ ...place, entry }));
  switch (type) {
    case 'transaction':
    case 'batch':
      return { kind: type, entries, places, weight: weightOf(entries) };
    case 'history':
      return looseOf([...entries].reverse(), places.reverse());
    case 'collection':
    case 'document':
    case 'message':
    case 'searchset':
      return looseOf(entries, places);
    default:
      throw new FhirError('invalid-bundle', 'Bundle.type must be one of transaction, batch, collection, document, message, searchset and history.');
  }
};

/** A searchset tells with such an entry what its server left out. */
const isOutcome = ({ resource }: RawEntry): boolean => resource?.value['resourceType'] === 'OperationOutcome' && resource.value['id'] === undefined;

const weightOf = (entries: readonly RawEntry[]): number => entries.reduce((sum, { resource }) => sum + (resource?.text.length ?? 0), 0);

const looseOf = (entries: readonly RawEntry[], places: readonly Place[]): Loose => {
  const kept = entries.flatMap((entry, index) => {
    const request = isOutcome(entry) ? undefined : requestOf(entry);
    return request === undefined ? [] : [{ entry: { fullUrl: entry.fullUrl, request, resource: request.method === 'DELETE' ? undefined : entry.resource }, place: places[index] ?? {} }];
  });
  return { kind: 'loose', entries: kept.map(({ entry }) => entry), places: kept.map(({ place }) => place), weight: weightOf(entries) };
};

/** Of an entry without a resource only a deletion, as a history has them, is something to do. */
const requestOf = (entry: RawEntry): { method: string; url: string } | undefined => {
  const { resource } = entry;
  if (resource === undefined) {
    const { method, name } = aimOf(entry);
    return method === 'DELETE' && name !== undefined ? { method, url: name } : undefined;
  }
  const { resourceType, id } = resource.value;
  const type = encodeURIComponent(typeof resourceType === 'string' ? resourceType : '');
  return typeof id === 'string' && id !== '' ? { method: 'PUT', url: `${type}/${encodeURIComponent(id)}` } : { method: 'POST', url: type };
};

/** Loose resources until there are enough of them, or one comes twice: a transaction may touch each once. */
class Group {
  #entries: RawEntry[] = [];
  #places: Place[] = [];
  #weight = 0;
  readonly #names = new Set<string>();
  readonly #links = new Set<unknown>();
  readonly #limits: GroupLimits;

  constructor(limits: GroupLimits) {
    this.#limits = limits;
  }

  /** Those of one text stay together as long as they fit, so that links between them are found. */
  *add(entries: readonly RawEntry[], places: readonly Place[]): Generator<Unit> {
    if (this.#entries.length + entries.length > this.#limits.count) yield* this.flush();
    for (const [index, entry] of entries.entries()) {
      const { name } = aimOf(entry);
      const isFull = this.#entries.length >= Math.max(this.#limits.count, Math.min(entries.length, mostTogether)) || this.#weight >= this.#limits.weight;
      if (isFull || (name !== undefined && this.#names.has(name)) || this.#links.has(entry.fullUrl)) yield* this.flush();
      if (name !== undefined) this.#names.add(name);
      if (entry.fullUrl !== undefined) this.#links.add(entry.fullUrl);
      this.#entries.push(entry);
      this.#places.push(places[index] ?? {});
      this.#weight += entry.resource?.text.length ?? 0;
    }
  }

  *flush(): Generator<Unit> {
    if (this.#entries.length === 0) return;
    yield { kind: 'group', entries: this.#entries, places: this.#places, weight: this.#weight };
    this.#entries = [];
    this.#places = [];
    this.#weight = 0;
    this.#names.clear();
    this.#links.clear();
  }
}

/** Entries of one Bundle that are kept in one group. */
const mostTogether = 5_000;
