/** How much so many resources are: bytes measured on documents, times what is assumed, which is named. */
import type { World } from './world.js';

export interface Sizes {
  readonly resources: number;
  /** Of one resource, in bytes. */
  readonly searched: number;
  readonly version: number;
  readonly keys: number;
  readonly keyBytes: number;
  readonly name: number;
  /** Resources of one patient. */
  readonly perPatient: number;
}

/** Returns the averages of a world. */
export const sizesOf = ({ all, byPatient }: World): Sizes => {
  const mean = (of: (at: number) => number): number => all.reduce((sum, _, at) => sum + of(at), 0) / all.length;
  return {
    resources: all.length, searched: mean((at) => all[at]?.searched ?? 0), version: mean((at) => all[at]?.version ?? 0), keys: mean((at) => all[at]?.keys ?? 0),
    keyBytes: mean((at) => all[at]?.keyBytes ?? 0), name: mean((at) => all[at]?.name.length ?? 0), perPatient: all.length / byPatient.size,
  };
};

/** Not measured here: what WiredTiger makes of it, and how full disks and memory are kept. */
export const assumed = {
  /** Versions of a resource, over its life. */
  versions: 1.3,
  /** Documents on disk by their size, with snappy. */
  compressed: 0.5,
  /** Entries of an index on disk by their size, prefixes left out once a page. */
  prefixed: 0.6,
  /** Record number and order of a row, beside its key. */
  row: 14,
  /** Records of the audit for one version: its writing, and looks at the record it is of. */
  audits: 1,
  /** Part of the indexes that is in use at a time. */
  hot: 0.15,
  /** Bytes one shard holds: disk that is filled, memory for the cache. */
  disk: 4e12, memory: 128e9,
} as const;

/** Bytes of one record of the audit, measured on those of the demo: what the journal holds, and the AuditEvent it is found as. */
const event = { journal: 430, searched: 1_245, version: 1_771, keys: 21, keyBytes: 349, name: 47 } as const;

export interface Estimate {
  readonly documents: number;
  readonly indexes: number;
  readonly audit: number;
  readonly memory: number;
  readonly shards: number;
}

interface Shape {
  readonly searched: number;
  readonly version: number;
  readonly keys: number;
  readonly keyBytes: number;
  readonly name: number;
}

/** Bytes of a place in an order, and of the list or type before it. */
const place = 30 + 8;

/** Bytes of the index rows of one resource: its keys; six places in orders; name, type with order and time of what is searched; number, name, type and time of each version. */
const indexBytes = ({ keys, keyBytes, name }: Shape, versions: number): number => {
  const others = 3 * (assumed.row + 16) + name;
  return (keyBytes + keys * assumed.row + 6 * (assumed.row + place) + (1 + versions) * others) * assumed.prefixed;
};

/** Returns bytes of one copy, and shards, for so many resources. */
export const estimate = (sizes: Sizes, resources: number): Estimate => {
  const documents = resources * (sizes.searched + assumed.versions * sizes.version) * assumed.compressed;
  const records = resources * assumed.versions * assumed.audits;
  const audit = records * (event.journal + event.searched + event.version) * assumed.compressed;
  const indexes = resources * indexBytes(sizes, assumed.versions) + records * (indexBytes(event, 1) + assumed.row + 16);
  const memory = indexes * assumed.hot;
  return { documents, indexes, audit, memory, shards: Math.ceil(Math.max((documents + indexes + audit) / assumed.disk, memory / assumed.memory)) };
};
