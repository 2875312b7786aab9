/** Sessions that transactions write in. */
import { afterAll, afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Connection } from 'mongoose';
import { databaseOf, openConnection } from '../../../src/store-mongo/connection.js';
import { makeSessions, sessionId } from '../../../src/store-mongo/session.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';

describeMongo('sessions that transactions write in', (server) => {
  afterAll(() => dropDatabases(server));
  let connection: Connection;
  beforeEach(async () => { connection = await openConnection({ url: freshDatabase(server) }); });
  afterEach(() => connection.close());

  it('are used again, the one that was not used for longest first, whatever became of its transaction and whatever is read meanwhile', async () => {
    const told: string[] = [];
    const sessions = makeSessions(connection, async (session) => { told.push(sessionId(session)); });
    const [first, second] = [await sessions.take(), await sessions.take()];
    first.startTransaction();
    await databaseOf(connection).collection('thing').insertOne({ of: 'first' }, { session: first });
    await first.abortTransaction();
    sessions.giveBack(first);
    sessions.giveBack(second);
    await Promise.all(Array.from({ length: 8 }, () => databaseOf(connection).collection('thing').findOne({})));
    expect([await sessions.take(), await sessions.take()].map(sessionId)).toEqual([first, second].map(sessionId));
    expect(told).toEqual([first, second, first, second].map(sessionId));
    for (const session of [first, second]) sessions.giveBack(session);
    await sessions.close();
    expect([first.hasEnded, second.hasEnded]).toEqual([true, true]);
  });

  it('are kept when others could not be told of them', async () => {
    const asked: string[] = [];
    const sessions = makeSessions(connection, async (session) => {
      asked.push(sessionId(session));
      if (asked.length === 1) throw new Error('nobody there');
    });
    await expect(sessions.take()).rejects.toThrow('nobody there');
    expect(sessionId(await sessions.take())).toBe(asked[0]);
  });
});
