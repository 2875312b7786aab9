/** Expressions of users can neither hold the server nor reach out of it (design rules H5 and H6). */
import { afterAll, describe, expect, it } from '@jest/globals';
import { FhirError } from '../../../src/core/error.js';
import { makePathWorkers } from '../../../src/fhir/fhirpath-worker.js';

const workers = makePathWorkers({ threads: 1, timeBox: 250, waiting: 4 });
afterAll(() => workers.close());

const patient = { resourceType: 'Patient', id: 'p', name: [{ family: `${'a'.repeat(40)}!`, given: ['A', 'B'] }], managingOrganization: { reference: 'http://127.0.0.1:9/fhir/Organization/1' } };
const text = JSON.stringify(patient);
const find = (expression: string, of = text) => workers.evaluate({ expression, text: of });

/** Counts the turns that a timer gets while something is waited for: none of them comes when the thread is held. */
const turnsDuring = async (work: Promise<unknown>): Promise<number> => {
  let turns = 0;
  const timer = setInterval(() => { turns += 1; }, 5);
  await work.finally(() => { clearInterval(timer); });
  return turns;
};

describe('an expression of a user', () => {
  it('finds values with their types and places', async () => {
    expect(await find('Patient.name.given')).toEqual([
      { type: 'string', value: 'A', path: 'Patient.name[0].given[0]' }, { type: 'string', value: 'B', path: 'Patient.name[0].given[1]' },
    ]);
    expect(await find('1 + 1')).toEqual([{ type: 'Integer', value: 2, path: undefined }]);
  });

  it('names places of a list in which some have only an extension', async () => {
    const sparse = '{"resourceType":"Patient","name":[{"given":[null,"b"],"_given":[{"extension":[{"url":"x","valueCode":"c"}]},null]}]}';
    expect((await find("Patient.name.given.where($this = 'b')", sparse)).map(({ path }) => path)).toEqual(['Patient.name[0].given[1]']);
  });

  it.each([
    "Patient.name.family.matches('^(a+)+$')",
    "Patient.name.family.replaceMatches('(a|aa)+$', 'x')",
    `Patient.descendants()${'.select(%resource.descendants())'.repeat(8)}.count()`,
    "('a' | 'b').repeat($this + 'x')",
  ])('%s is ended, and the server goes on meanwhile', async (expression) => {
    const work = find(expression).then(() => undefined, (error: unknown) => error);
    expect(await turnsDuring(work)).toBeGreaterThan(5);
    const error = await work;
    expect(error).toBeInstanceOf(FhirError);
    expect(error).toMatchObject({ code: 'invalid-expression', status: 422 });
    expect((error as FhirError).message).toContain(expression.slice(0, 100));
    expect(await find('Patient.id')).toHaveLength(1);
  });

  it.each([
    ['broken', 'Patient.name.where('],
    ['no FHIRPath', '(1 to 1000000000)'],
    ['calls what is not there', 'Patient.nothing(1)'],
    ['very long', `Patient.${'x'.repeat(3_000)}`],
    ['asks a terminology server', "Patient.name.family.memberOf('http://127.0.0.1:9/ValueSet/x')"],
  ])('that is or does "%s" is refused', async (_, expression) => {
    await expect(find(expression)).rejects.toMatchObject({ code: 'invalid-expression' });
  });

  it.each(['repeat($this)', 'Patient.repeat($this).repeat($this)'])('%s ends by itself or is ended', async (expression) => {
    await find(expression).catch((error: unknown) => { expect(error).toMatchObject({ code: 'invalid-expression' }); });
    expect(await find('Patient.id')).toHaveLength(1);
  });

  it('resolves nothing from elsewhere', async () => {
    expect(await find('Patient.managingOrganization.resolve().name')).toEqual([]);
  });

  it('waits in a queue with an end', async () => {
    const all = await Promise.allSettled(Array.from({ length: 12 }, () => find('Patient.id')));
    const refused = all.filter((one) => one.status === 'rejected').map((one) => (one.reason as FhirError).code);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused)).toEqual(new Set(['overloaded']));
    expect(all.some(({ status }) => status === 'fulfilled')).toBe(true);
  });
});
