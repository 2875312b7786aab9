/** Cases I7 and I8 on MongoDB: what is done to its collections behind the server is found out, and switching the audit off leaves a record. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose, { type Connection } from 'mongoose';
import { makeAuditKey } from '../../../src/audit/checkpoint.js';
import { openHashFile } from '../../../src/audit/hash-file.js';
import { hashFiles, loadCheckpoints, openKeeper } from '../../../src/audit/keeper.js';
import { readAuditRecord } from '../../../src/audit/record.js';
import { verifyJournal, type Verified } from '../../../src/audit/verify.js';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import type { Store } from '../../../src/store/store.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { startServer } from '../../support/server.js';

interface AuditDocument {
  readonly _id: number;
  readonly topic: string;
  readonly text: string;
}

const key = makeAuditKey('a secret that is not in the database');
const count = 120;
const folder = mkdtempSync(join(tmpdir(), 'concierge-audit-mongo-'));
const checkpointFile = join(folder, 'second-place');
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describeMongo('the audit on MongoDB', (server) => {
  afterAll(() => dropDatabases(server));

  describe('a journal in its collection', () => {
    let store: Store;
    let behind: Connection;
    let documents: readonly AuditDocument[] = [];
    const collection = () => behind.collection<AuditDocument>('audit');
    const at = (number: number): AuditDocument => {
      const found = documents[number - 1];
      if (found === undefined) throw new Error(`there is no record ${String(number)}`);
      return found;
    };
    const verify = async (): Promise<Verified> => {
      const leaves = openHashFile(join(folder, hashFiles.leaves));
      try {
        return await verifyJournal({ store, leaves, checkpoints: loadCheckpoints(checkpointFile), publicKey: key.publicKey });
      } finally {
        leaves.close();
      }
    };
    beforeAll(async () => {
      const url = freshDatabase(server);
      store = await openMongoStore({ url, clock: systemClock, observe: observeNothing });
      behind = await mongoose.createConnection(url).asPromise();
      const keeper = openKeeper({ folder, checkpointFile, key, store, clock: systemClock, origin: () => 'http://test/fhir', tell: () => undefined });
      for (let from = 0; from < count; from += 40) await store.commit({ writes: [], audit: Array.from({ length: 40 }, (_, n) => ({ text: `{"id":"e${String(from + n)}"}` })) });
      await keeper.follow(true);
      expect(keeper.size).toBe(count);
      keeper.close();
      documents = await collection().find({}).sort({ _id: 1 }).toArray();
      expect(documents).toHaveLength(count);
    });
    afterAll(async () => {
      await behind.close();
      await store.close();
    });
    const change = (number: number, text: string) => collection().updateOne({ _id: at(number)._id }, { $set: { text } });
    const edits: readonly (readonly [string, number, () => Promise<unknown>])[] = [
      ['one record changed', 17, () => change(17, '{"id":"e16" }')],
      ['the last one changed', count, () => change(count, '{}')],
      ['one removed', 50, () => collection().deleteOne({ _id: at(50)._id })],
      ['the first removed', 1, () => collection().deleteOne({ _id: at(1)._id })],
      ['the end cut off', 101, () => collection().deleteMany({ _id: { $gte: at(101)._id } })],
      ['one put between two', 41, () => collection().insertOne({ _id: at(40)._id + (at(41)._id - at(40)._id) / 2, topic: at(40).topic, text: '{"id":"forged"}' })],
      ['two exchanged', 3, async () => {
        await change(3, at(90).text);
        await change(90, at(3).text);
      }],
    ];

    it.each(edits)('I7 %s: the first bad record is %i', async (_, first, edit) => {
      expect(await verify()).toMatchObject({ records: count, signed: count, fault: undefined });
      await edit();
      const { fault } = await verify();
      await collection().deleteMany({});
      await collection().insertMany([...documents]);
      expect(fault).toMatchObject({ record: first });
      expect((await verify()).fault).toBeUndefined();
    });
  });

  it('I8 a server records that its audit was switched off, once, and on again', async () => {
    const url = freshDatabase(server);
    const shared = { STORE_URL: url, PAGE_SECRET: randomBytes(32).toString('hex'), AUDIT_KEY: randomBytes(32).toString('hex') };
    for (const AUDIT of ['on', 'off', 'off', 'on']) await (await startServer({ dataDir: join(folder, 'data'), env: { ...shared, AUDIT } })).stop();
    const store = await openMongoStore({ url, clock: systemClock, observe: observeNothing });
    const records = (await store.records('audit', 0, 100)).map(({ text }) => readAuditRecord(text));
    await store.close();
    expect(records.map(({ subtype }) => (typeof subtype === 'string' ? subtype : subtype.code))).toEqual(['110134', '110120', '110121', '110133', '110134', '110120', '110121']);
  });
});
