/** What validation costs, in this process: of resources alone, and as part of a create. */
import { systemClock } from '../../src/core/clock.js';
import { makeProfileLibrary } from '../../src/fhir/profile/library.js';
import type { Service } from '../../src/interaction/service.js';
import { makeCoreSource } from '../../src/terminology/local/core-source.js';
import { makeLocalTerminology } from '../../src/terminology/local/engine.js';
import { makeProfileValidator } from '../../src/validation/profile/validator.js';
import { makeValidator } from '../../src/validation/validator.js';
import { makeWriteValidator } from '../../src/validation/write.js';
import { makeMemoryStore } from '../fixture/memory-store.js';
import { call, makeService } from '../fixture/service.js';
import { readUsCore } from '../fixture/us-core.js';
import { observationText } from './data.js';
import { median, type Row } from './table.js';

type JsonObject = Readonly<Record<string, unknown>>;

const many = 2_000;
const base = makeValidator();

/** Resources per second of one core, round by round: by the time the processor gave this process. The first two rounds warm up. */
const ratesOf = async (rounds: number, count: number, work: () => void | Promise<void>): Promise<number[]> => {
  const rates: number[] = [];
  for (let round = 0; round < rounds + 2; round += 1) {
    const begun = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(begun);
    rates.push((1e6 * count) / (user + system));
  }
  return rates.slice(2);
};

interface Named {
  readonly work: string;
  readonly unit: string;
  /** Resources per second, at least. */
  readonly least?: number;
}

const row = ({ work, unit, least }: Named, rates: readonly number[], limit?: number): Row => ({
  work, unit, value: median(rates), spread: [Math.min(...rates), Math.max(...rates)], limit,
  ...(least === undefined ? { goal: '' } : { goal: `>= ${least.toLocaleString('en-US')} ${unit}`, met: median(rates) >= least }),
});

const create = (validate: Service['validate'], texts: readonly string[]) => async (): Promise<void> => {
  const service = { ...makeService(makeMemoryStore(systemClock), { referentialIntegrity: 'off' }), validate };
  for (const body of texts) await call(service, { method: 'POST', url: 'Observation', body });
};

/** The examples of US Core against the profiles they claim; none where its package is not at hand. */
const usCoreRows = async (rounds: number): Promise<Row[]> => {
  const guide = readUsCore('6.1.0');
  if (guide === undefined) return [];
  const validate = makeProfileValidator({ library: makeProfileLibrary(guide.profiles), terminology: makeLocalTerminology({ sources: [makeCoreSource()] }), unknownModifiers: 'report' });
  const examples = guide.examples.map(({ resource }) => resource);
  const turns = 5;
  const rates = await ratesOf(rounds, turns * examples.length, async () => {
    for (let turn = 0; turn < turns; turn += 1) for (const example of examples) { base(example); await validate(example); }
  });
  return [row({ work: 'US Core profiles and FHIR itself', unit: 'resources/s', least: 2_000 }, rates)];
};

/** Returns the rates of validation, and of creates with it beside creates without. */
export const validationRows = async (rounds: number): Promise<readonly Row[]> => {
  const texts = Array.from({ length: many }, (_, n) => observationText('x', n));
  const resources = texts.map((text) => JSON.parse(text) as JsonObject);
  const profiles = makeProfileValidator({ library: makeProfileLibrary([]), unknownModifiers: 'report' });
  const alone = await ratesOf(rounds, 10 * many, () => { for (let turn = 0; turn < 10; turn += 1) for (const resource of resources) base(resource); });
  const bound = makeProfileValidator({ library: makeProfileLibrary([]), terminology: makeLocalTerminology({ sources: [makeCoreSource()] }), unknownModifiers: 'report' });
  const withBindings = await ratesOf(rounds, 10 * many, async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      for (const resource of resources) {
        base(resource);
        const issues = bound(resource);
        if (issues instanceof Promise) await issues;
      }
    }
  });
  const unvalidated = await ratesOf(rounds, many, create(() => [], texts));
  const validated = await ratesOf(rounds, many, create(makeWriteValidator({ base, profiles, mode: 'report', unknownModifiers: 'report' }), texts));
  return [
    row({ work: 'structure and constraints', unit: 'Observations/s', least: 20_000 }, alone),
    row({ work: 'the same, extensible bindings and extensions', unit: 'Observations/s', least: 20_000 }, withBindings),
    { ...row({ work: 'create, validated', unit: 'Observations/s' }, validated, median(unvalidated)), note: 'limit: the same create without validation, on a store in memory' },
    ...await usCoreRows(rounds),
  ];
};
