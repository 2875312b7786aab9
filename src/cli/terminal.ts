/** What a command shows while it works: one line that is written over on a terminal, a line now and then elsewhere. */
import type { Progress } from './command.js';

export interface Terminal {
  readonly report: (progress: Progress) => void;
  /** A line of its own, above the progress line. */
  readonly say: (line: string) => void;
  /** Takes the progress line away. */
  readonly clear: () => void;
}

export interface TerminalOptions {
  readonly stream: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined; write(text: string): unknown };
  /** Milliseconds of a clock that never steps. */
  readonly monotonic: () => number;
}

/** How often progress is shown, in milliseconds, on a terminal and elsewhere. */
const [onTerminal, elsewhere] = [100, 5_000];
const barWidth = 24;

/** The time left is said from this share on, and after this many milliseconds: before it would be a guess. */
const [enoughShare, enoughTime] = [0.01, 2_000];

/** Returns the line of a progress: bar, share and time left when they can be known, count and rate always. `ms` is the time since the start. */
export const progressLine = ({ what, done, total, share: told }: Progress, ms: number): string => {
  const rate = ms < 500 ? '' : `, ${String(Math.round(done / (ms / 1_000)))}/s`;
  const known = total !== undefined && total > 0;
  if (!known && told === undefined) return `${String(done)} ${what}${rate}`;
  const share = Math.max(0, Math.min(1, told ?? done / (total ?? 1)));
  const bar = '#'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '.');
  const count = known ? `${String(done)} of ${String(total)}` : String(done);
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${count} ${what}${rate}${timeLeft(share, ms)}`;
};

const timeLeft = (share: number, ms: number): string => {
  if (share < enoughShare || share >= 1 || ms < enoughTime) return '';
  const seconds = Math.ceil(ms * (1 - share) / share / 1_000);
  return seconds < 60 ? `, ${String(seconds)} s left` : `, ${String(Math.ceil(seconds / 60))} min left`;
};

/** Returns a terminal over a stream, standard error as a rule, so that results can be piped. */
export const makeTerminal = ({ stream, monotonic }: TerminalOptions): Terminal => {
  const live = stream.isTTY === true;
  let begun: { readonly what: string; readonly at: number } | undefined;
  let shown = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const clear = (): void => {
    if (drawn) stream.write('\r\u001b[K');
    drawn = false;
  };
  const report = (progress: Progress): void => {
    const now = monotonic();
    if (begun?.what !== progress.what) {
      begun = { what: progress.what, at: now };
      shown = live ? Number.NEGATIVE_INFINITY : now;
    }
    const last = progress.share === undefined ? progress.total !== undefined && progress.done >= progress.total : progress.share >= 1;
    if (now - shown < (live ? onTerminal : elsewhere) && !(live && last)) return;
    shown = now;
    const line = progressLine(progress, now - begun.at);
    stream.write(live ? `\r\u001b[K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`);
    drawn = live;
  };
  const say = (line: string): void => {
    clear();
    stream.write(`${line}\n`);
  };
  return { report, say, clear };
};
