/** One of the competing processes: `worker.js URL NAME CHANGES SIZE`. Every change it was told of is a line of its output. */
import { systemClock } from '../../../src/core/clock.js';
import { observeNothing } from '../../../src/core/observe.js';
import { openMongoStore } from '../../../src/store-mongo/open.js';
import { compete } from './operation.js';

const [url = '', name = '', changes = '0', size = '1'] = process.argv.slice(2);
const abreast = 6;
/** Clocks of servers agree within a second; the order of what they do must not depend on them. */
const behindMs = 250 * (Number(name.slice(1)) % 4);
const store = await openMongoStore({ url, clock: { ...systemClock, now: () => systemClock.now() - behindMs }, observe: observeNothing });
let at = 0;
const work = async (): Promise<void> => {
  while (at < Number(changes)) {
    at += 1;
    const told = await compete({ store, mark: `${name}-${String(at)}`, pick: (most) => Math.floor(Math.random() * most), size: Number(size) });
    if (told !== undefined && told !== 'unknown') process.stdout.write(`${JSON.stringify(told)}\n`);
  }
};
await Promise.all(Array.from({ length: abreast }, work));
await store.close();
process.stdout.write('"done"\n');
