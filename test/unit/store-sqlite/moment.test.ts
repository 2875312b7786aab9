/** Reads that share a transaction: never beyond the turn they are made in, never past a moment at which the file may change. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openConnection, type Connection } from '../../../src/store-sqlite/connection.js';
import { makeMoment, type Moment } from '../../../src/store-sqlite/moment.js';
import { openSqliteStore } from '../../../src/store-sqlite/open.js';
import { put } from '../../suite/store.suite.js';

const folder = mkdtempSync(join(tmpdir(), 'concierge-moment-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe('a moment', () => {
  let [writer, reader]: [Connection | undefined, Connection | undefined] = [undefined, undefined];
  let moment: Moment;
  let look: () => unknown;
  let add: () => void;
  beforeAll(() => {
    const file = join(folder, 'moment.db');
    writer = openConnection({ file, mode: 'write' });
    writer.exec('CREATE TABLE t (n INTEGER)');
    reader = openConnection({ file, mode: 'read' });
    moment = makeMoment(reader);
    const count = reader.prepare('SELECT count(*) FROM t').pluck();
    look = () => count.get();
    const insert = writer.prepare('INSERT INTO t VALUES (1)');
    add = () => { insert.run(); };
  });
  afterAll(() => {
    writer?.close();
    reader?.close();
  });

  it('is one for all reads of a turn, and over with it', async () => {
    const before = moment.read(look);
    add();
    expect([moment.read(look), moment.snapshot(look)]).toEqual([before, before]);
    await nextTurn();
    expect(moment.read(look)).toBe(Number(before) + 1);
    await nextTurn();
  });

  it('is over as soon as the file may change, and none is shared until it is settled', async () => {
    const before = Number(moment.read(look));
    moment.changing();
    add();
    expect(moment.read(look)).toBe(before + 1);
    add();
    expect(moment.snapshot(look)).toBe(before + 2);
    moment.settled();
    expect(moment.read(look)).toBe(before + 2);
    add();
    expect(moment.read(look)).toBe(before + 2);
    await nextTurn();
  });

  it('is over when a read has failed', async () => {
    expect(() => moment.read(() => { throw new Error('failed'); })).toThrow('failed');
    await nextTurn();
    expect(reader?.inTransaction).toBe(false);
  });
});

describe('a store', () => {
  it.each(['worker', 'inline'] as const)('shows what was acknowledged, whatever was read just before (writer: %s)', async (where) => {
    const store = await openSqliteStore({ folder: join(folder, where), clock: systemClock, observe: observeNothing, writer: where });
    const seen: (number | undefined)[] = [];
    for (let base = 0; base < 50; base += 1) {
      await store.read({ type: 'Basic', id: 'one' });
      const commit = store.commit({ writes: [put('Basic', 'one', base)] });
      await store.read({ type: 'Basic', id: 'one' });
      await commit;
      seen.push((await store.read({ type: 'Basic', id: 'one' }))?.version);
    }
    await store.close();
    expect(seen).toEqual(seen.map((_, at) => at + 1));
  });
});
