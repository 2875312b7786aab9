/**
 * What the database holds: strict mongoose schemas of documents with a fixed shape (https://mongoosejs.com/docs/guide.html#strict),
 * and the same shapes as guards in the database (https://www.mongodb.com/docs/manual/core/schema-validation/).
 */
import { Schema, type Connection, type Model } from 'mongoose';
import type { WriteMethod } from '../store/resource.js';
import type { Order } from './order.js';

/** A current resource: what of it is searched, and where it stands in orders. Its text stands in its newest version. */
export interface ResourceDocument extends Order {
  /** `Type/id`. */
  readonly _id: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updated: number;
  /** Feed position of the newest version. */
  readonly seq: number;
  /** Feed position of the first version: results without an order come by it. */
  readonly first: number;
  readonly deleted: boolean;
  /** The index entries, which decide. */
  readonly packed: Uint8Array;
  /** What leads to the resource: see index-keys.ts. */
  readonly keys: readonly (number | string)[];
  /** Rises when a commit relies on the resource without changing it, so that one that changes it meanwhile is noticed. */
  readonly touched?: number | undefined;
}

export interface VersionDocument {
  /** Feed position. */
  readonly _id: number;
  /** `Type/id`. */
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updated: number;
  /** When the next version came; `forever` while this one is current. */
  readonly until: number;
  readonly method: WriteMethod;
  readonly body?: string | undefined;
}

export interface AnswerDocument {
  readonly _id: string;
  readonly fingerprint: string;
  readonly expires: number;
  readonly answer: string;
}

export interface JournalDocument {
  /** Position. */
  readonly _id: number;
  readonly topic: string;
  readonly text: string;
  /** Of a copied record: the number it has had. */
  readonly number?: number | undefined;
}

/** Where the commits of one process go: see feed.ts. */
export interface LaneDocument {
  /** From 0. */
  readonly _id: number;
  /** No later commit of the lane has a position up to this one. */
  readonly stamp: number;
  /** No version of the lane lies above it. */
  readonly seq: number;
  /** Until when it keeps still for a commit that must be alone, and the lane of that. */
  readonly wanted: number;
  readonly wantedBy: number;
}

/** What has gone by way of a lane. Apart from it, because others move lanes up and this is its own. */
export interface TallyDocument {
  /** Number of the lane. */
  readonly _id: number;
  /** Position of its last version. */
  readonly seq: number;
  /** Versions ever stored. */
  readonly versions: number;
}

/** A value conditions ask for: commits that ask for it or bring it exclude each other. */
export interface GateDocument {
  readonly _id: number;
  readonly passed: number;
}

/** Consecutive numbers of the audit's records: those at positions after `from`, up to `to`. */
export interface BlockDocument {
  /** Number of the first record. */
  readonly _id: number;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export interface LeaseDocument {
  readonly _id: string;
  readonly owner: string;
  readonly token: number;
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly note: string;
}

/** A record of the authorization server: a code, a token, an account. */
export interface GrantDocument {
  /** `kind/key`. */
  readonly _id: string;
  /** What the port calls its collection. */
  readonly kind: string;
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  /** `forever` when it does not expire. */
  readonly expires: number;
  readonly consumed: number | null;
  readonly grant: string | null;
  readonly owner: string | null;
  readonly alias: string | null;
}

/** After every time there is. */
export const forever = 9e15;

export interface Models {
  readonly resource: Model<ResourceDocument>;
  readonly version: Model<VersionDocument>;
  readonly answer: Model<AnswerDocument>;
  readonly audit: Model<JournalDocument>;
  readonly outbox: Model<JournalDocument>;
  readonly lane: Model<LaneDocument>;
  readonly tally: Model<TallyDocument>;
  readonly gate: Model<GateDocument>;
  readonly block: Model<BlockDocument>;
  readonly lease: Model<LeaseDocument>;
  readonly grant: Model<GrantDocument>;
}

/** Mongoose takes what is empty for missing, so what may be empty is required by the database alone. */
const may = (type: unknown): { type: unknown } => ({ type });
const must = (type: unknown): { type: unknown; required: true } => ({ type, required: true });
const options = { strict: 'throw', strictQuery: 'throw', versionKey: false, autoIndex: false, autoCreate: false, minimize: false } as const;

const shapes = {
  resource: { _id: must(String), type: must(String), id: must(String), version: must(Number), updated: must(Number), seq: must(Number), first: must(Number), deleted: must(Boolean), packed: may(Buffer), keys: must([Schema.Types.Mixed]), lists: must([Number]), dateUp: must(String), dateDown: must(String), changeUp: must(String), changeDown: must(String), touched: may(Number) },
  version: { _id: must(Number), key: must(String), type: must(String), id: must(String), version: must(Number), updated: must(Number), until: must(Number), method: must(String), body: may(String) },
  answer: { _id: must(String), fingerprint: must(String), expires: must(Number), answer: must(String) },
  audit: { _id: must(Number), topic: may(String), text: may(String), number: may(Number) },
  outbox: { _id: must(Number), topic: may(String), text: may(String), number: may(Number) },
  feed: { _id: must(String), seq: must(Number), updated: must(Number), audit: must(Number), outbox: must(Number) },
  lane: { _id: must(Number), stamp: must(Number), seq: must(Number), wanted: must(Number), wantedBy: must(Number) },
  tally: { _id: must(Number), seq: must(Number), versions: must(Number) },
  gate: { _id: must(Number), passed: must(Number) },
  block: { _id: must(Number), from: must(Number), to: must(Number), count: must(Number) },
  lease: { _id: must(String), owner: may(String), token: must(Number), until: must(Number), note: may(String) },
  grant: { _id: must(String), kind: must(String), key: must(String), value: may(String), revision: must(Number), expires: must(Number), consumed: may(Number), grant: may(String), owner: may(String), alias: may(String) },
} as const;

export type CollectionName = keyof typeof shapes;

/** Returns the models of a connection. */
export const makeModels = (connection: Connection): Models => {
  const model = <T>(name: CollectionName): Model<T> => connection.model<T>(name, new Schema<T>(shapes[name] as never, { ...options, id: false, collection: name }));
  return { resource: model('resource'), version: model('version'), answer: model('answer'), audit: model('audit'), outbox: model('outbox'), lane: model('lane'), tally: model('tally'), gate: model('gate'), block: model('block'), lease: model('lease'), grant: model('grant') };
};

const bsonTypes = new Map<unknown, string>([[String, 'string'], [Number, 'number'], [Boolean, 'bool'], [Buffer, 'binData']]);

const mayBeAbsent = new Set(['body', 'touched', 'number']);
const mayBeNull = new Set(['consumed', 'grant', 'owner', 'alias']);

/** Returns the guard of a collection as the database holds it. */
export const validatorOf = (name: CollectionName): Record<string, unknown> => {
  const fields = Object.entries<{ type: unknown }>(shapes[name]);
  const bsonType = (field: string, type: unknown): string[] => [bsonTypes.get(type) ?? 'array', ...(mayBeNull.has(field) ? ['null'] : [])];
  return {
    $jsonSchema: {
      bsonType: 'object',
      required: fields.map(([field]) => field).filter((field) => !mayBeAbsent.has(field)),
      properties: Object.fromEntries(fields.map(([field, { type }]) => [field, { bsonType: bsonType(field, type) }])),
    },
  };
};
