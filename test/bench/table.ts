/** Results as lines a person reads, and what they stand beside. */
export interface Row {
  readonly work: string;
  /** Median of the rounds. */
  readonly value: number;
  readonly unit: string;
  readonly spread: readonly [number, number];
  /** The same on the limit program in the same run. */
  readonly limit?: number | undefined;
  readonly goal: string;
  /** Whether the goal is met; undefined where there is none. */
  readonly met?: boolean | undefined;
  readonly note?: string | undefined;
}

/** Returns the middle of the numbers. */
export const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

const shown = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2));

/** Returns a Markdown table. */
export const toTable = (rows: readonly Row[]): string => {
  const head = ['work', 'median', 'spread', 'limit', 'ratio', 'goal', 'met', ''];
  const lines = rows.map(({ work, value, unit, spread, limit, goal, met, note }) => [
    work, `${shown(value)} ${unit}`, `${shown(spread[0])} - ${shown(spread[1])}`, limit === undefined ? '' : shown(limit), limit === undefined ? '' : (value / limit).toFixed(2), goal, met === undefined ? '' : met ? 'yes' : 'NO', note ?? '',
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
};
