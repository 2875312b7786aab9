/** Case B3: all ways into a patient's compartment times all rows of the route table, on every engine that is no stand-in. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compartmentParams, resourceTypes } from '../../../src/fhir/definitions.js';
import { recordOperations } from '../../../src/operation/record/operations.js';
import type { Service } from '../../../src/interaction/service.js';
import { checkWay, settle, strangeRows, ways } from '../../access/matrix.js';
import { memberships } from '../../access/membership-path.js';
import { casesFor } from '../../fixture/mongo-address.js';
import { engines } from '../../fixture/engines.js';
import { makeService } from '../../fixture/service.js';

const types = resourceTypes.filter((type) => compartmentParams('Patient', type).length > 0);

describe('B3 the matrix', () => {
  it('has every row of the route table', () => { expect(strangeRows()).toEqual([]); });

  it('has every type and parameter of the CompartmentDefinition', () => {
    expect(types).toHaveLength(66);
    expect(memberships.filter(({ param, paths }) => param !== undefined && paths.length === 0)).toEqual([]);
    for (const type of types) expect(new Set(memberships.filter((one) => one.type === type).map(({ param }) => param))).toEqual(new Set(type === 'Patient' ? [undefined] : compartmentParams('Patient', type)));
  });
});

describe.each(engines.filter(({ name }) => name !== 'memory'))('B3 on the engine $name', ({ name: engine, open }) => {
  const own = casesFor(engine, ways, 20);
  let service: Service;
  beforeAll(async () => {
    service = { ...makeService(await open()), operations: new Map(recordOperations.map((one) => [one.name, one])) };
    await settle(service, own);
  }, 120_000);
  afterAll(async () => { await service.store.close(); });

  it.each(own.map((way) => ({ way, name: `${way.membership.type} by ${way.path.join('.')}` })))('$name: another\'s is absent, one\'s own is there', async ({ way }) => { await checkWay(service, way); });
});
