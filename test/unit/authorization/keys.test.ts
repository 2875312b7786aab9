import { expect, it } from '@jest/globals';
import { makeSigningKeys } from '../../../src/authorization/grant/keys.js';
import { systemClock } from '../../../src/core/clock.js';
import { makeMemoryGrants } from '../../fixture/memory-grants.js';

it('the first signing keys are the same for all processes that start together', async () => {
  const grants = makeMemoryGrants(systemClock);
  const sets = await Promise.all(Array.from({ length: 4 }, () => makeSigningKeys(grants, systemClock).load()));
  const kids = sets.map((set) => set.map(({ kid }) => kid));
  expect(kids[0]).toHaveLength(2);
  for (const each of kids) expect(each).toEqual(kids[0]);
});
