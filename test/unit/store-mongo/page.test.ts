/** What a page costs: commands the driver sends for it (https://www.mongodb.com/docs/drivers/node/current/monitoring-and-logging/monitoring/). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import type { IndexEntry } from '../../../src/store/index-entry.js';
import type { Predicate, SearchPlan } from '../../../src/store/plan.js';
import type { Store } from '../../../src/store/store.js';
import { describeMongo, dropDatabases, freshDatabase } from '../../fixture/mongo.js';
import { put } from '../../suite/store.suite.js';

const day = 86_400_000;
const resources = 620;
const subject = (at: number): Predicate => ({ op: 'reference', param: 'subject', targets: [`Patient/${String(at)}`] });
const token = (param: string, code: string): Predicate => ({ op: 'token', param, code });

/** Every third is of one patient, every other final; one in 300 is rare. */
const entriesOf = (at: number): IndexEntry[] => [
  { kind: 'token', param: 'status', code: at % 2 === 0 ? 'final' : 'preliminary' },
  { kind: 'token', param: 'code', code: at % 300 === 7 ? 'rare' : 'often' },
  { kind: 'date', param: 'date', low: ((at * 7_919) % resources) * day, high: ((at * 7_919) % resources) * day + day - 1 },
  { kind: 'reference', param: 'subject', target: `Patient/${String(at % 3 === 0 ? 0 : 1 + at)}` },
];
const numbers = Array.from({ length: resources }, (_, at) => at);
const idsOf = (wanted: readonly number[]): string[] => wanted.map((at) => `o${String(at)}`);

describeMongo('a page of a search on MongoDB', (server) => {
  let store: Store;
  let commands: string[] = [];
  beforeAll(async () => {
    const url = freshDatabase(server);
    const known = new Set(mongoose.connections);
    store = await openMongoStore({ url: `${url}${url.includes('?') ? '&' : '?'}monitorCommands=true`, clock: systemClock, observe: observeNothing });
    for (const connection of mongoose.connections) {
      if (!known.has(connection)) connection.getClient().on('commandStarted', ({ commandName, command }) => { commands.push(`${commandName} ${String(command[commandName])}`); });
    }
    await store.commit({ writes: numbers.map((at) => put('Observation', `o${String(at)}`, 0, entriesOf(at))) });
    // Pages that end where the feed is not yet known to be complete are read twice.
    await store.head();
  });
  beforeEach(() => { commands = []; });
  afterAll(async () => {
    await store.close();
    await dropDatabases(server);
  });

  /** What was asked, that the driver repeats after a failure of the network once. */
  const asked = (): string[] => commands.filter((command) => /resource|version|Transaction/.test(command)).filter((command, at, all) => command !== all[at - 1]);
  const page = async (plan: Omit<SearchPlan, 'types'>): Promise<string[]> => (await store.search({ types: ['Observation'], ...plan })).matches.map(({ id }) => id);

  describe('a page of a search on MongoDB', () => {
    const once = ['find resource', 'find version'];
    it.each<[string, Omit<SearchPlan, 'types'>, readonly number[]]>([
      ['one condition', { where: subject(0), count: 20 }, numbers.filter((at) => at % 3 === 0)],
      ['two conditions, one of a patient', { where: { op: 'and', of: [token('status', 'final'), subject(0)] }, count: 20 }, numbers.filter((at) => at % 6 === 0)],
      ['a few, sorted', { where: token('code', 'rare'), sort: [{ param: '_id', kind: 'token', descending: true }], count: 20 }, [7, 607, 307]],
      ['all of one patient, by date', { where: subject(0), sort: [{ param: 'date', kind: 'date', descending: false }], count: 20 }, numbers.filter((at) => at % 3 === 0).sort((a, b) => (a * 7_919) % resources - (b * 7_919) % resources)],
      ['all', { count: 20 }, numbers],
    ])('is read without a transaction, resources once and versions once: %s', async (_, plan, expected) => {
      expect(await page(plan)).toEqual(idsOf(expected.slice(0, plan.count)));
      expect(asked()).toEqual(once);
    });

    it('is read again in a transaction where one query does not find it whole', async () => {
      expect(await page({ where: { op: 'and', of: [subject(0), token('code', 'rare')] }, count: 20 })).toEqual(idsOf(numbers.filter((at) => at % 3 === 0 && at % 300 === 7)));
      expect(commands.some((command) => command.startsWith('abortTransaction'))).toBe(true);
    });

    it('goes on where it stopped, without one left out', async () => {
      const found: string[] = [];
      let after: SearchPlan['after'];
      do {
        const { matches, next } = await store.search({ types: ['Observation'], where: { op: 'not', of: token('code', 'rare') }, count: 150, after });
        found.push(...matches.map(({ id }) => id));
        after = next;
      } while (after !== undefined);
      expect(found).toEqual(idsOf(numbers.filter((at) => at % 300 !== 7)));
    });

    it('counts without a transaction what one query fetches, and the rest in one', async () => {
      expect(await store.count({ types: ['Observation'], where: subject(0), count: 0 })).toBe(207);
      expect(asked()).toEqual(['find resource']);
      expect(await store.count({ types: ['Observation'], where: token('code', 'often'), count: 0 })).toBe(617);
    });
  });
});
