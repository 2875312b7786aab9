/**
 * Regular expressions from strangers, matched in time linear in the text: no backtracking, so no catastrophic pattern.
 * The pattern must match the whole text, as XML Schema and the `regex` filter of FHIR mean it
 * (https://hl7.org/fhir/R4/valueset-filter-operator.html).
 */

/** What the pattern has that cannot be matched in linear time, or is not a pattern at all. */
export class UnsupportedPattern extends Error {}

type Test = (code: number) => boolean;

/** One state: reads a character and goes on, or forks without reading. */
interface State {
  readonly test?: Test;
  next: readonly number[];
}

/** A piece under construction: where it begins, and the states whose `next` is still open. */
interface Piece {
  readonly start: number;
  readonly open: readonly number[];
}

const mostStates = 5_000;
const longestPattern = 1_000;
const mostRepeats = 200;

const fail = (what: string): never => { throw new UnsupportedPattern(what); };

const digit: Test = (code) => code >= 48 && code <= 57;
const word: Test = (code) => digit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const space: Test = (code) => code === 32 || (code >= 9 && code <= 13) || code === 0xa0;
const not = (test: Test): Test => (code) => !test(code);
const classes: Readonly<Record<string, Test>> = { d: digit, D: not(digit), w: word, W: not(word), s: space, S: not(space) };
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 };

class Parser {
  readonly states: State[] = [];
  private at = 0;
  private readonly source: readonly string[];

  constructor(pattern: string, private readonly isDotAll: boolean) {
    if (pattern.length > longestPattern) fail(`it is longer than ${String(longestPattern)} characters`);
    this.source = [...pattern];
  }

  /** Returns where matching begins; the accepting state is the last. */
  whole(): number {
    if (this.peek() === '^') this.at += 1;
    const piece = this.alternatives();
    if (this.at < this.source.length) fail(`")" at ${String(this.at + 1)} closes nothing`);
    this.patch(piece.open, this.state({ next: [] }));
    return piece.start;
  }

  private peek(): string | undefined {
    return this.source[this.at];
  }

  private take(): string {
    const char = this.source[this.at] ?? fail('it ends too early');
    this.at += 1;
    return char;
  }

  private state(state: State): number {
    if (this.states.length >= mostStates) fail('it is too large');
    return this.states.push(state) - 1;
  }

  private patch(open: readonly number[], to: number): void {
    for (const one of open) {
      const state = this.states[one];
      if (state !== undefined) state.next = [...state.next, to];
    }
  }

  private alternatives(): Piece {
    const pieces = [this.sequence()];
    while (this.peek() === '|') {
      this.at += 1;
      pieces.push(this.sequence());
    }
    const [only] = pieces;
    if (pieces.length === 1 && only !== undefined) return only;
    return { start: this.state({ next: pieces.map(({ start }) => start) }), open: pieces.flatMap(({ open }) => open) };
  }

  private sequence(): Piece {
    const start = this.state({ next: [] });
    let open: readonly number[] = [start];
    for (let char = this.peek(); char !== undefined && char !== '|' && char !== ')'; char = this.peek()) {
      if (char === '$' && this.at === this.source.length - 1) {
        this.at += 1;
        break;
      }
      const piece = this.repeated();
      this.patch(open, piece.start);
      open = piece.open;
    }
    return { start, open };
  }

  private repeated(): Piece {
    const from = this.at;
    const piece = this.atom();
    const after = this.at;
    const bounds = this.quantifier();
    if (bounds === undefined) return piece;
    if (this.peek() === '?' || this.peek() === '+') this.at += 1;
    const end = this.at;
    const made = this.copies(piece, bounds, () => {
      this.at = from;
      const copy = this.atom();
      this.at = after;
      return copy;
    });
    this.at = end;
    return made;
  }

  /** Returns `piece` repeated: required copies in a row, then optional ones, or a loop. */
  private copies(piece: Piece, [least, most]: readonly [number, number], again: () => Piece): Piece {
    const start = this.state({ next: [] });
    let open: readonly number[] = [start];
    let unused: Piece | undefined = piece;
    const next = (): Piece => {
      const copy = unused ?? again();
      unused = undefined;
      return copy;
    };
    for (let count = 0; count < least; count += 1) {
      const copy = next();
      this.patch(open, copy.start);
      open = copy.open;
    }
    if (most === Infinity) {
      const copy = next();
      const fork = this.state({ next: [copy.start] });
      this.patch([...open, ...copy.open], fork);
      return { start, open: [fork] };
    }
    const ends: number[] = [];
    for (let count = least; count < most; count += 1) {
      const copy = next();
      const fork = this.state({ next: [copy.start] });
      this.patch(open, fork);
      ends.push(fork);
      open = copy.open;
    }
    return { start, open: [...open, ...ends] };
  }

  private quantifier(): readonly [number, number] | undefined {
    const char = this.peek();
    if (char === '*' || char === '+' || char === '?') {
      this.at += 1;
      return char === '?' ? [0, 1] : [char === '*' ? 0 : 1, Infinity];
    }
    if (char !== '{') return undefined;
    const text = this.source.slice(this.at, this.at + 12).join('');
    const [all, low = '', comma, high] = /^\{(\d+)(,)?(\d+)?\}/.exec(text) ?? fail(`"{" at ${String(this.at + 1)} must begin a repetition such as {2} or {2,4}`);
    this.at += all.length;
    const least = Number(low);
    const most = comma === undefined ? least : high === undefined ? Infinity : Number(high);
    if (least > mostRepeats || (most !== Infinity && most > mostRepeats) || most < least) fail(`a repetition must be of at most ${String(mostRepeats)}, the smaller number first`);
    return [least, most];
  }

  private atom(): Piece {
    const char = this.take();
    if (char === '(') return this.group();
    if (char === '[') return this.reading(this.set());
    if (char === '.') return this.reading((code) => this.isDotAll || (code !== 10 && code !== 13));
    if (char === '\\') return this.reading(this.escaped());
    if ('*+?{'.includes(char)) fail(`"${char}" at ${String(this.at)} repeats nothing`);
    if (char === '^' || char === '$') fail(`"${char}" stands elsewhere than at the end of the pattern`);
    const wanted = char.codePointAt(0);
    return this.reading((code) => code === wanted);
  }

  private reading(test: Test): Piece {
    const at = this.state({ test, next: [] });
    return { start: at, open: [at] };
  }

  private group(): Piece {
    if (this.peek() === '?') {
      this.at += 1;
      if (this.take() !== ':') fail('it looks ahead, looks behind or names a group');
    }
    const piece = this.alternatives();
    if (this.peek() !== ')') fail('a "(" is not closed');
    this.at += 1;
    return piece;
  }

  private escaped(): Test {
    const char = this.take();
    const named = classes[char];
    if (named !== undefined) return named;
    const code = this.literal(char);
    return (one) => one === code;
  }

  /** Returns the character that an escape stands for. */
  private literal(char: string): number {
    const control = controls[char];
    if (control !== undefined) return control;
    if (char === 'u') {
      const hex = this.source.slice(this.at, this.at + 4).join('');
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) fail('\\u takes four hexadecimal digits');
      this.at += 4;
      return parseInt(hex, 16);
    }
    if (/[A-Za-z0-9]/.test(char)) fail(`\\${char} is not known here`);
    return char.codePointAt(0) ?? 0;
  }

  private set(): Test {
    const negated = this.peek() === '^';
    if (negated) this.at += 1;
    const tests: Test[] = [];
    while (this.peek() !== ']') tests.push(this.setItem());
    this.at += 1;
    const test: Test = (code) => tests.some((one) => one(code));
    return negated ? not(test) : test;
  }

  private setItem(): Test {
    const char = this.take();
    if (char === '\\' && classes[this.peek() ?? ''] !== undefined) return this.escaped();
    const low = this.setChar(char);
    const [dash, after] = this.source.slice(this.at, this.at + 2);
    if (dash !== '-' || after === undefined || after === ']') return (code) => code === low;
    this.at += 1;
    const high = this.setChar(this.take());
    if (high < low) fail('a range in [ ] runs backwards');
    return (code) => code >= low && code <= high;
  }

  private setChar(char: string): number {
    return char === '\\' ? this.literal(this.take()) : char.codePointAt(0) ?? 0;
  }
}

export interface LinearOptions {
  /** Whether `.` stands for line breaks too. */
  readonly dotAll?: boolean | undefined;
}

/** A test of a text. `spend` is told, character by character, how many states were looked at, and may throw to end it. */
export type LinearTest = (text: string, spend?: (states: number) => void) => boolean;

/**
 * Returns a test for texts that the pattern matches as a whole. Takes characters, `.`, classes, `\d \w \s`, groups,
 * alternatives and repetitions up to 200; throws UnsupportedPattern for the rest (references back, looking around).
 */
export const linearRegex = (pattern: string, { dotAll = false }: LinearOptions = {}): LinearTest => {
  const parser = new Parser(pattern, dotAll);
  const start = parser.whole();
  const { states } = parser;
  const accepting = states.length - 1;
  const marks = new Uint32Array(states.length);
  let round = 0;

  const enter = (from: number, into: number[]): void => {
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (marks[at] === round) continue;
      marks[at] = round;
      const state = states[at];
      if (state === undefined) continue;
      if (state.test !== undefined || at === accepting) into.push(at);
      else open.push(...state.next);
    }
  };
  return (text, spend) => {
    round += 1;
    let current: number[] = [];
    enter(start, current);
    for (const char of text) {
      const code = char.codePointAt(0) ?? 0;
      round += 1;
      spend?.(1 + current.length);
      const after: number[] = [];
      for (const at of current) {
        const state = states[at];
        if (state?.test?.(code) === true) for (const next of state.next) enter(next, after);
      }
      current = after;
      if (current.length === 0) return false;
    }
    return current.includes(accepting);
  };
};
