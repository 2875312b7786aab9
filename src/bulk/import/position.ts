/**
 * How far each source has been imported, in a file that is only appended to. It spares work; that nothing is stored twice
 * is held by the Idempotency-Key of each unit, which the store commits with the unit itself.
 */
import { existsSync } from 'node:fs';
import { open, readFile, rename, writeFile, type FileHandle } from 'node:fs/promises';
import { randomSecret } from '../../core/id.js';
import type { Source } from './source.js';

interface Line {
  readonly source: string;
  readonly identity: string;
  /** Random, made when the source was begun: part of the keys of its units. */
  readonly run: string;
  /** Number of a unit that has ended. */
  readonly unit?: number;
  readonly complete?: true;
}

export interface Progress {
  readonly isComplete: boolean;
  /** Returns whether the unit has ended before. */
  has(unit: number): boolean;
  /** Returns the Idempotency-Key of the unit; undefined when it can never be sent again. */
  keyOf(unit: number): string | undefined;
  /** Notes that the source is begun: before its first unit is sent. */
  begun(): Promise<void>;
  /** Notes that the unit has ended. */
  ended(unit: number): Promise<void>;
  /** Notes that all of the source has. */
  completed(): Promise<void>;
}

export interface Positions {
  /** Returns the progress of a source, from its begin when the file has changed or `restart` is set. */
  of(source: Source, restart: boolean): Progress;
  close(): Promise<void>;
}

interface Known {
  readonly identity: string;
  readonly run: string;
  readonly units: Set<number>;
  complete: boolean;
}

/** Lines beyond which the file is written anew without what is superseded. */
const mostLines = 20_000;

/** Returns the positions kept in `file`, which is made when it is not there. */
export const openPositions = async (file: string): Promise<Positions> => {
  const text = existsSync(file) ? await readFile(file, 'utf8') : '';
  const { known, lines } = read(text);
  if (lines > mostLines || (text !== '' && !text.endsWith('\n'))) await compact(file, known);
  const handle = await open(file, 'a', 0o600);
  return { of: (source, restart) => makeProgress(handle, source, restart ? undefined : known.get(source.path)), close: () => handle.close() };
};

/** What follows the last line break was cut off by a kill and counts for nothing. */
const read = (text: string): { known: Map<string, Known>; lines: number } => {
  const known = new Map<string, Known>();
  const lines = text.split('\n').slice(0, -1);
  for (const line of lines) {
    const { source, identity, run, unit, complete } = JSON.parse(line) as Line;
    const before = known.get(source);
    const own = before?.run === run ? before : { identity, run, units: new Set<number>(), complete: false };
    if (unit !== undefined) own.units.add(unit);
    if (complete === true) own.complete = true;
    known.set(source, own);
  }
  return { known, lines: lines.length };
};

const textOf = (line: Line): string => `${JSON.stringify(line)}\n`;

const compact = async (file: string, known: ReadonlyMap<string, Known>): Promise<void> => {
  const lines = [...known].flatMap(([source, { identity, run, units, complete }]): Line[] =>
    complete ? [{ source, identity, run, complete: true }] : [{ source, identity, run }, ...[...units].map((unit) => ({ source, identity, run, unit }))]);
  await writeFile(`${file}.new`, lines.map(textOf).join(''), { mode: 0o600 });
  await rename(`${file}.new`, file);
};

const makeProgress = (handle: FileHandle, { path, identity }: Source, known: Known | undefined): Progress => {
  const same = known?.identity === identity ? known : undefined;
  const run = same?.run ?? randomSecret(12);
  const head = { source: path, identity, run };
  const note = async (line: Partial<Line>): Promise<void> => { await handle.appendFile(textOf({ ...head, ...line })); };
  return {
    isComplete: same?.complete === true,
    has: (unit) => same?.units.has(unit) === true,
    keyOf: (unit) => `import-${run}-${String(unit)}`,
    begun: async () => { if (same === undefined) await note({}); },
    ended: (unit) => note({ unit }),
    completed: () => note({ complete: true }),
  };
};

/** Returns positions that remember nothing, for what cannot be read twice. */
export const forgetful: Progress = { isComplete: false, has: () => false, keyOf: () => undefined, begun: async () => undefined, ended: async () => undefined, completed: async () => undefined };
