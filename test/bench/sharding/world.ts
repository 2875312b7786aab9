/**
 * What would lie on shards: of each resource its name, whose record it is of, what it refers to, and how large its documents are. Sizes are those
 * of the documents `store-mongo` writes (https://www.mongodb.com/docs/manual/reference/bson-types/).
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { compartmentParams } from '../../../src/fhir/definitions.js';
import { clinicResources } from '../../../src/sample/generate.js';
import { makeRegistry } from '../../../src/search/registry.js';
import type { IndexEntry } from '../../../src/store/index-entry.js';
import { makeKeys } from '../../../src/store-index/keys.js';
import { packEntries } from '../../../src/store-index/packed.js';
import { indexKeys } from '../../../src/store-mongo/index-keys.js';
import { forever } from '../../../src/store-mongo/model.js';
import { orderOf } from '../../../src/store-mongo/order.js';
import { unpack } from '../../fixture/shared-files.js';

export interface Placed {
  readonly type: string;
  /** `Type/id`. */
  readonly name: string;
  /** `Patient/id` of those whose record it is of; empty for what is nobody's. */
  readonly patients: readonly string[];
  /** `Type/id` of what it refers to. */
  readonly refers: readonly string[];
  /** Values of some parameters: `code=...`, `date=2026-01-31`, `actor=...`, `family=...`, `encounter=...`. */
  readonly values: readonly string[];
  /** Bytes of its documents: what is searched, and one version. */
  readonly searched: number;
  readonly version: number;
  /** Keys that lead to it, and bytes of these. */
  readonly keys: number;
  readonly keyBytes: number;
}

export interface World {
  readonly all: readonly Placed[];
  readonly byName: ReadonlyMap<string, Placed>;
  /** By `name=value` as in `values`. */
  readonly byValue: ReadonlyMap<string, readonly Placed[]>;
  /** By `Patient/id`. */
  readonly byPatient: ReadonlyMap<string, readonly Placed[]>;
}

const registry = makeRegistry();
const keysOf = makeKeys([1, 2]);
/** Parameters whose values questions ask for. */
const asked = new Set(['code', 'date', 'actor', 'family', 'encounter']);

const patientsOf = (type: string, name: string, entries: readonly IndexEntry[]): string[] => {
  if (type === 'Patient') return [name];
  const parameters = registry.parametersOf(type);
  const params = new Set([...compartmentParams('Patient', type), 'patient'].flatMap((code) => parameters.get(code)?.sources ?? []).map(({ param }) => param));
  const targets = entries.flatMap((entry) => (entry.kind === 'reference' && params.has(entry.param) && entry.target.startsWith('Patient/') ? [entry.target] : []));
  return [...new Set(targets)];
};

const valueOf = (entry: IndexEntry): string | undefined => {
  switch (entry.kind) {
    case 'token': return entry.code;
    case 'reference': return entry.target;
    case 'date': return new Date(entry.low).toISOString().slice(0, 10);
    case 'string': return entry.folded;
    default: return undefined;
  }
};

const valuesOf = (entries: readonly IndexEntry[]): string[] => {
  const found = entries.flatMap((entry) => {
    const value = 'param' in entry && asked.has(entry.param) && entry.within === undefined ? valueOf(entry) : undefined;
    return value === undefined || !('param' in entry) ? [] : [`${entry.param}=${value}`];
  });
  return [...new Set(found)];
};

const bytesOf = (document: Record<string, unknown>): number => mongo.BSON.calculateObjectSize(document);
/** A position of the feed and a time of today: numbers with as many digits as those of a server have. */
const [position, time] = [1.8e15, 1.8e12];

/** Returns a resource as it would be placed. */
export const placedOf = (type: string, id: string, text: string): Placed => {
  const entries = registry.extract(JSON.parse(text) as Record<string, unknown>);
  const packed = packEntries(type, entries, keysOf);
  const keys = indexKeys(packed, keysOf);
  const name = `${type}/${id}`;
  const document = { _id: name, type, id, version: 1, updated: time, seq: position, first: position, deleted: false, packed };
  return {
    type, name, patients: patientsOf(type, name, entries), values: valuesOf(entries),
    refers: [...new Set(entries.flatMap((entry) => (entry.kind === 'reference' ? [entry.target] : [])))],
    searched: bytesOf({ ...document, ...orderOf(document, keysOf), keys }),
    version: bytesOf({ _id: position, key: name, type, id, version: 1, updated: time, until: forever, method: 'PUT', body: text }),
    keys: keys.length, keyBytes: keys.reduce<number>((sum, key) => sum + (typeof key === 'number' ? 8 : key.length), 0),
  };
};

const group = (all: readonly Placed[], namesOf: (placed: Placed) => readonly string[]): Map<string, Placed[]> => {
  const groups = new Map<string, Placed[]>();
  for (const placed of all) {
    for (const name of namesOf(placed)) {
      const known = groups.get(name);
      if (known === undefined) groups.set(name, [placed]);
      else known.push(placed);
    }
  }
  return groups;
};

const worldOf = (all: readonly Placed[]): World => ({
  all, byName: new Map(all.map((placed) => [placed.name, placed])), byValue: group(all, ({ values }) => values), byPatient: group(all, ({ patients }) => patients),
});

/** Returns the synthetic clinic with so many patients. */
export const clinicWorld = (patients: number): World =>
  worldOf([...clinicResources({ patients, seed: 11, today: '2026-03-02' })].map(({ type, id, text }) => placedOf(type, id, text)));

interface Bundle {
  readonly entry: readonly { readonly resource: { readonly resourceType: string; readonly id: string } }[];
}

/** Returns what a folder of Synthea's Bundles (`*.json.bz2`) has; references by `urn:uuid:` lead to what has that id. */
export const syntheaWorld = (folder: string): World => {
  const types = new Map<string, string>();
  const resources = readdirSync(folder).filter((file) => file.endsWith('.json.bz2')).flatMap((file) => {
    const text = unpack(join(folder, file)).toString('utf8');
    return (JSON.parse(text) as Bundle).entry.map(({ resource }) => resource);
  });
  for (const { resourceType, id } of resources) types.set(id, resourceType);
  const resolve = (text: string): string => text.replaceAll(/"urn:uuid:([0-9a-f-]{36})"/g, (whole, id: string) => (types.has(id) ? `"${types.get(id) ?? ''}/${id}"` : whole));
  return worldOf(resources.map((resource) => placedOf(resource.resourceType, resource.id, resolve(JSON.stringify(resource)))));
};
