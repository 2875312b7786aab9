/** How a load ended, as text, as JSON and, refusal by refusal, as a file. */
import { open } from 'node:fs/promises';
import type { Counts, Refusal, Tally } from '../bulk/import/tally.js';
import type { Outcome } from './command.js';

export interface ReportFile {
  readonly write: (refusal: Refusal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Returns the file the refusals go to, new and for its owner alone; without a path they go nowhere. */
export const openReport = async (path: string | undefined): Promise<ReportFile> => {
  if (path === undefined) return { write: async () => undefined, close: async () => undefined };
  const file = await open(path, 'w', 0o600);
  return { write: (refusal) => file.appendFile(`${JSON.stringify(refusal)}\n`), close: () => file.close() };
};

export interface Loaded {
  readonly tally: Tally;
  readonly ms: number;
  /** Lines about sources that were not read. */
  readonly notes: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
  /** Whether all refusals are in a file. */
  readonly reported: boolean;
}

const columns = ['created', 'updated', 'unchanged', 'deleted', 'refused'] as const;
const sum = (counts: Counts): number => columns.reduce((total, column) => total + counts[column], 0);

/** Returns the outcome: `refused` when anything was. */
export const loadOutcome = ({ tally, ms, notes, json, reported }: Loaded): Outcome => {
  const { counts, byType, first, refusals } = tally;
  const all = sum(counts);
  const done = all - counts.refused;
  const seconds = Math.max(ms, 1) / 1_000;
  const rate = Math.round(done / seconds);
  const head = `${String(done)} resources in ${seconds.toFixed(1)} s (${String(rate)}/s)${counts.refused > 0 ? `, ${String(counts.refused)} refused` : ''}`;
  return {
    ...(refusals > 0 ? { exit: 'refused' as const } : {}),
    text: [head, ...table(byType), ...notes, ...refusalLines(first, refusals, reported)].join('\n'),
    json: { ...counts, seconds: Number(seconds.toFixed(3)), perSecond: rate, byType: Object.fromEntries([...byType].sort(byName)), refusals, firstRefusals: first, ...json },
  };
};

const byName = ([a]: readonly [string, Counts], [b]: readonly [string, Counts]): number => (a < b ? -1 : 1);

const table = (byType: ReadonlyMap<string, Counts>): string[] => {
  const rows = [...byType].sort(byName);
  const shown = columns.filter((column) => rows.some(([, counts]) => counts[column] > 0));
  const width = Math.max(0, ...rows.map(([type]) => type.length));
  const line = (name: string, cells: readonly string[]): string => `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join('')}`;
  return rows.length === 0 ? [] : [line('', shown), ...rows.map(([type, counts]) => line(type, shown.map((column) => (counts[column] === 0 ? '-' : String(counts[column])))))];
};

const refusalLines = (first: readonly Refusal[], refusals: number, reported: boolean): string[] => {
  if (refusals === 0) return [];
  const more = refusals - first.length;
  const where = reported ? 'the report has them all' : '--report FILE writes them all';
  return ['Refused:', ...first.map((refusal) => `  ${refusalLine(refusal)}`), ...(more > 0 ? [`  and ${String(more)} more; ${where}`] : [])];
};

const refusalLine = ({ file, line, entry, type, id, code, outcome, resources }: Refusal): string => {
  const place = [file, line === undefined ? '' : `line ${String(line)}`, entry === undefined ? '' : `entry ${String(entry)}`].filter((part) => part !== '').join(', ');
  const what = type === undefined ? '' : ` ${type}${id === undefined ? '' : `/${id}`}`;
  const [issue] = outcome.issue as readonly { diagnostics?: string; expression?: readonly string[] }[];
  const element = issue?.expression?.[0] === undefined ? '' : `${issue.expression[0]}: `;
  const whole = resources > 1 ? ` (none of the ${String(resources)} resources of this transaction was stored)` : '';
  return `${place}:${what} ${code}: ${element}${issue?.diagnostics ?? ''}${whole}`;
};
