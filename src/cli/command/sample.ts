/** `concierge sample --patients N --seed S`: a synthetic clinic of any size, into the store or into a file. */
import { createWriteStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { defaultLimits, importUnits } from '../../bulk/import/import.js';
import { makeTally } from '../../bulk/import/tally.js';
import type { Unit } from '../../bulk/import/unit.js';
import { systemClock, toInstant } from '../../core/clock.js';
import { perform } from '../../interaction/perform.js';
import { clinicGroups } from '../../sample/generate.js';
import type { SampleGroup, SampleOptions } from '../../sample/world.js';
import type { Call, Outcome, StoreCommand } from '../command.js';
import { usageError } from '../exit-code.js';
import { loadOutcome } from '../load-report.js';
import { pathFrom, takeNoWords } from '../options.js';

const patients = 200;
const what = 'patients';

export const sample: StoreCommand = {
  name: 'sample',
  summary: 'Makes a synthetic clinic of any size: patients with two years of encounters, results, plans, appointments and messages.',
  usage: '',
  about: 'The same options make the same clinic, byte for byte. Every resource is put under its own id. Nobody in it is real.',
  options: {
    patients: { value: 'N', about: `How many patients, ${String(patients)} unless said otherwise.` },
    seed: { value: 'S', about: 'Any whole number, 1 unless said otherwise; another seed is another clinic.' },
    today: { value: 'YYYY-MM-DD', about: 'The day on which the records end and the appointments begin; today in UTC unless said otherwise.' },
    to: { value: 'FILE', about: 'Write NDJSON to FILE instead, packed when its name ends in .gz; "-" is standard output.' },
  },
  needs: 'store',
  before: async (call) => {
    const options = optionsOf(call);
    const to = call.given.text('to');
    return to === undefined ? undefined : toFile(call, options, to);
  },
  run: async (call, { service, viewer }) => {
    const options = optionsOf(call);
    const start = systemClock.monotonic();
    const tally = makeTally(async () => undefined);
    const units = counted(call, options, clinicGroups(options));
    await importUnits({ sender: { service, viewer, perform }, tally, limits: defaultLimits, signal: call.signal }, 'sample', unitsOf(units));
    return loadOutcome({ tally, ms: systemClock.monotonic() - start, notes: [], json: { ...options }, reported: false });
  },
};

const optionsOf = ({ given }: Call): SampleOptions => {
  takeNoWords(given);
  const today = given.text('today') ?? toInstant(systemClock.now()).slice(0, 10);
  const options = { patients: given.whole('patients', { low: 1, fallback: patients }), seed: given.whole('seed', { low: 0, fallback: 1 }), today };
  try {
    clinicGroups(options).next();
    return options;
  } catch (error) {
    throw error instanceof RangeError ? usageError(`${error.message}.`) : error;
  }
};

/** Tells how many patients have been made. */
function* counted({ report }: Call, { patients: total }: SampleOptions, groups: Iterable<SampleGroup>): Generator<SampleGroup, void, undefined> {
  let done = 0;
  for (const group of groups) {
    yield group;
    if (group.kind === 'patient') report({ what, done: done += 1, total });
  }
}

function* unitsOf(groups: Iterable<SampleGroup>): Generator<Unit, void, undefined> {
  for (const { resources } of groups) {
    const entries = resources.map(({ type, id, text }) => ({ resource: { text, value: JSON.parse(text) as Record<string, unknown> }, request: { method: 'PUT', url: `${type}/${id}` } }));
    yield { kind: 'group', entries, places: entries.map(() => ({})), weight: resources.reduce((sum, { text }) => sum + text.length, 0) };
  }
}

const toFile = async (call: Call, options: SampleOptions, to: string): Promise<Outcome> => {
  let resources = 0;
  const lines = function* (): Generator<string> {
    for (const group of counted(call, options, clinicGroups(options))) {
      resources += group.resources.length;
      yield group.resources.map(({ text }) => `${text}\n`).join('');
    }
  };
  if (to === '-') {
    for (const text of lines()) await call.write(text);
    return { text: '', json: undefined };
  }
  const file = createWriteStream(pathFrom(call, to), { mode: 0o600 });
  const pack = to.endsWith('.gz') ? createGzip() : new PassThrough();
  await pipeline(Readable.from(lines()), pack, file, { signal: call.signal });
  return { text: `${String(resources)} resources in ${to}`, json: { ...options, resources, file: to } };
};
