/**
 * Loads files of FHIR JSON into the store, through the same interactions as any client, and goes on where it was stopped.
 * Memory holds the units on their way, never a whole file of lines.
 */
import { openSource } from './unpack.js';
import { ReadError } from './bytes.js';
import { readDocuments } from './documents.js';
import { makeLanes, type Lanes } from './lanes.js';
import { forgetful, type Positions, type Progress } from './position.js';
import { sendUnit, type Sender } from './send.js';
import type { Source } from './source.js';
import type { Tally } from './tally.js';
import type { Unit, Unsent } from './unit.js';
import { makeUnits } from './units.js';
import { makeUnpacker, type Unpacker } from './unpack-thread.js';

export interface ImportLimits {
  /** Units on their way at once. */
  readonly width: number;
  /** Characters of them together. */
  readonly weight: number;
  /** Resources and characters of a group. */
  readonly group: { readonly count: number; readonly weight: number };
  /** Bytes of a line, and of a source that is one JSON text. */
  readonly line: number;
  readonly whole: number;
}

/** Groups are small enough to leave the thread to others in between, and large enough to share what a commit costs. */
export const defaultLimits: ImportLimits = {
  width: 4, weight: 24_000_000, group: { count: 200, weight: 1_000_000 }, line: 32 * 1024 ** 2, whole: 256 * 1024 ** 2,
};

/** What every load needs, wherever its resources come from. */
export interface Load {
  readonly sender: Sender;
  readonly tally: Tally;
  readonly limits: ImportLimits;
  readonly signal: AbortSignal;
}

export interface Import extends Load {
  readonly sources: readonly Source[];
  readonly positions: Positions;
  /** Begin every source anew. */
  readonly restart: boolean;
  /** Standard input, for the source `-`. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Told with each unit: bytes of all sources that have been read. */
  readonly report: (bytes: number) => void;
}

/** Loads units that are made and not read, which can be made again: no position is kept. `name` stands for their file. */
export const importUnits = async ({ sender, tally, limits, signal }: Load, name: string, units: Iterable<Unit>): Promise<void> => {
  const lanes = makeLanes(limits);
  try {
    for (const unit of units) {
      signal.throwIfAborted();
      await lanes.start(unit, async (earlier) => tally.add(name, await sendUnit(sender, { unit, key: undefined, earlier })));
    }
  } finally {
    await lanes.finish();
  }
};

/** Returns how many sources had been imported before and were passed over. Throws when the store fails and when aborted. */
export const importSources = async (job: Import): Promise<{ readonly passed: number }> => {
  const lanes = makeLanes(job.limits);
  const unpacker = makeUnpacker();
  let passed = 0;
  let before = 0;
  try {
    for (const source of job.sources) {
      const progress = source.path === '-' ? forgetful : job.positions.of(source, job.restart);
      if (progress.isComplete) passed += 1;
      else await importSource({ job, lanes, unpacker, source, progress, before });
      before += source.size;
      job.report(before);
    }
  } finally {
    await lanes.finish().finally(() => unpacker.close());
  }
  return { passed };
};

interface OneSource {
  readonly job: Import;
  readonly lanes: Lanes;
  readonly unpacker: Unpacker;
  readonly source: Source;
  readonly progress: Progress;
  /** Bytes of the sources before this one. */
  readonly before: number;
}

/** Reads one source to its end; what of it is on its way then notes its end by itself. */
const importSource = async (one: OneSource): Promise<void> => {
  const { job, source, progress } = one;
  const ending = makeEnding(() => progress.completed());
  await progress.begun();
  try {
    const { chunks, used } = await openSource(source, { unpacker: one.unpacker, input: job.input });
    const units = makeUnits(readDocuments(chunks, job.limits), { ...job.limits.group, maxDepth: job.sender.service.options.maxDepth });
    let number = 0;
    for await (const unit of units) {
      job.signal.throwIfAborted();
      number += 1;
      if (!progress.has(number)) await startUnit(one, { unit, number, ending });
      job.report(one.before + used());
    }
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    await job.tally.addUnread(source.name, error.message);
    ending.spoil();
  }
  await ending.read();
};

const startUnit = ({ job, lanes, source, progress }: OneSource, { unit, number, ending }: { unit: Unit | Unsent; number: number; ending: Ending }): Promise<void> => {
  ending.started();
  if ('text' in unit) return job.tally.addUnsent(source.name, unit).then(() => progress.ended(number)).then(() => ending.ended());
  return lanes.start(unit, async (earlier) => {
    const sent = await sendUnit(job.sender, { unit, key: progress.keyOf(number), earlier });
    await job.tally.add(source.name, sent);
    await progress.ended(number);
    await ending.ended();
  });
};

interface Ending {
  started(): void;
  ended(): Promise<void>;
  /** Everything has been read. */
  read(): Promise<void>;
  /** It will not be complete: it could not be read to its end. */
  spoil(): void;
}

/** Returns what notices that a source has been read to its end and that nothing of it is on its way any more. */
const makeEnding = (complete: () => Promise<void>): Ending => {
  let left = 1;
  let spoiled = false;
  const ended = async (): Promise<void> => {
    left -= 1;
    if (left === 0 && !spoiled) await complete();
  };
  return { started: () => { left += 1; }, ended, read: ended, spoil: () => { spoiled = true; } };
};
