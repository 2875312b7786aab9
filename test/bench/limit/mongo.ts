/**
 * What the bare driver does with the documents that the server has stored: `mongo.js URL read|search|create IDS-FILE SECONDS CONNECTIONS`. No HTTP, no FHIR; the same
 * collections, indexes and durability. Prints operations per second as JSON (https://www.mongodb.com/docs/drivers/node/current/).
 */
import { readFileSync } from 'node:fs';
import mongoose from 'mongoose';
import { referenceText } from '../../../src/store-index/index-text.js';
import { makeKeys, type Salt } from '../../../src/store-index/keys.js';
import { valueKey } from '../../../src/store-mongo/index-keys.js';

interface Document {
  readonly _id: string | number;
  readonly [name: string]: unknown;
}

const [url = '', kind = '', file = '', seconds = '4', connections = '16'] = process.argv.slice(2);
const ids = JSON.parse(readFileSync(file, 'utf8')) as string[];
const connection = await mongoose.createConnection(url, { writeConcern: { w: 'majority', journal: true }, readConcernLevel: 'majority' }).asPromise();
const collection = (name: string) => connection.collection<Document>(name);
const [versions, resources] = [collection('version'), collection('resource')];

const seqOf = (document: Pick<Document, string>): number => Number(document['seq']);

const saltOf = async (): Promise<Salt> => {
  const bytes = Buffer.from(String((await collection('control').findOne({ _id: 'format' }))?.['salt']), 'hex');
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
};

const read = async (id: string): Promise<number> => {
  const found = await versions.findOne({ key: `Patient/${id}` }, { sort: { version: -1 }, maxTimeMS: 3_500 });
  if (found === null) throw new Error('the bare driver reads nothing: it would be compared with other work');
  return 1;
};

const keys = makeKeys(await saltOf());
// `patient` is asked of the entries of `subject`, whose patients it means.
const subject = keys.param('Observation', 'subject');

const search = async (id: string): Promise<number> => {
  const key = valueKey(keys, subject, { within: 0, value: referenceText(`Patient/${id}`) });
  const page = await resources.find({ keys: { $in: [key] }, deleted: false }, { sort: { first: 1 }, limit: 21, projection: { seq: 1 }, maxTimeMS: 3_500 }).toArray();
  const found = await versions.find({ _id: { $in: page.slice(0, 20).map(seqOf) } }).toArray();
  if (found.length === 0) throw new Error('the bare driver finds nothing: it would be compared with other work');
  return 1;
};

let made = 0;
const copies = kind === 'create' ? await resources.find({ type: 'Observation', deleted: false }).limit(200).toArray() : [];
const bodies = new Map((await versions.find({ _id: { $in: copies.map(seqOf) } }).toArray()).map((document) => [document['key'], document]));

/** All that wait go into one transaction, as the server does it. */
const create = async (): Promise<number> => {
  const session = await connection.startSession();
  const together = Array.from({ length: Number(connections) }, () => {
    made += 1;
    const resource = copies[made % copies.length];
    const name = `Observation/limit-${String(process.pid)}-${String(made)}`;
    return { resource: { ...resource, _id: name }, version: { ...bodies.get(resource?._id), _id: made - 1e9, key: name } };
  });
  session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority', journal: true } });
  await collection('limit').updateOne({ _id: 'lane' }, { $set: { stamp: made } }, { session, upsert: true });
  await versions.insertMany(together.map(({ version }) => version), { session });
  await resources.insertMany(together.map(({ resource }) => resource), { session });
  await session.commitTransaction();
  await session.endSession();
  return together.length;
};

/** Connections are opened before the time begins. */
const once = (id: string): Promise<number> => (kind === 'create' ? create() : (kind === 'read' ? read : search)(id));
await Promise.all(Array.from({ length: kind === 'create' ? 1 : Number(connections) }, () => once(ids[0] ?? '')));

let done = 0;
let at = 0;
const begun = performance.now();
const work = async (): Promise<void> => {
  while (performance.now() - begun < Number(seconds) * 1_000) {
    at += 1;
    done += await once(ids[at % ids.length] ?? '');
  }
};
await Promise.all(Array.from({ length: kind === 'create' ? 1 : Number(connections) }, work));
const rate = done / ((performance.now() - begun) / 1_000);
await connection.collection('version').deleteMany({ _id: { $lt: 0 } } as object);
await connection.collection('resource').deleteMany({ _id: { $gte: 'Observation/limit-', $lt: 'Observation/limit.' } } as object);
await connection.close();
console.log(JSON.stringify({ rate }));
