/** Every case of the security design by its id, over HTTP, on every engine that is no stand-in. */
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { check } from '../../access/case.js';
import { openClinic, type Clinic } from '../../access/clinic.js';
import { sections } from '../../access/sections.js';
import { casesFor } from '../../fixture/mongo-address.js';
import { engines } from '../../fixture/engines.js';

describe.each(engines.filter(({ name }) => name !== 'memory'))('on the engine $name', ({ name, open }) => {
  describe.each(Object.entries(sections))('section %s', (_, cases) => {
    let shared: Clinic;
    beforeAll(async () => { shared = await openClinic(await open()); });
    afterAll(async () => { await shared.stop(); });

    it.each(casesFor(name, cases, 8))('$id $title', async (one) => {
      if (one.writes !== true) return check(one, shared);
      const clinic = await openClinic(await open());
      try {
        await check(one, clinic);
      } finally {
        await clinic.stop();
      }
    });
  });
});
