/** Reads the words after a command's name by its option table: `--name value`, `--name=value`, `--flag`, `--` before words that begin with a dash. */
import { resolve } from 'node:path';
import { nearName } from '../core/near-name.js';
import { usageError } from './exit-code.js';

export interface OptionRow {
  /** Placeholder of its value in the help, `FILE`; absent for a flag. */
  readonly value?: string | undefined;
  readonly about: string;
  /** Must be given; the command asks for it by `required`. */
  readonly needed?: true | undefined;
  /** May be given several times. */
  readonly many?: boolean | undefined;
}

/** Options by name, without the dashes. */
export type OptionTable = Readonly<Record<string, OptionRow>>;

/** What every command takes beside its own options. */
export const commonOptions = {
  json: { about: 'Print the result as JSON.' },
  help: { about: 'Say what the command does.' },
} as const satisfies OptionTable;

export interface Given {
  /** The words that are no options, in their order. */
  readonly words: readonly string[];
  readonly flag: (name: string) => boolean;
  /** The value of an option, the last one when it was repeated; undefined when it was not given. */
  readonly text: (name: string) => string | undefined;
  /** The value of an option that must be there. */
  readonly required: (name: string) => string;
  /** Every value of an option. */
  readonly all: (name: string) => readonly string[];
  /** A whole number of at least `low`, `fallback` when the option was not given. */
  readonly whole: (name: string, bounds: { readonly low: number; readonly fallback: number }) => number;
}

/** Returns what was given; throws a usage error that names the word which is wrong, and the near one. */
export const parseWords = (words: readonly string[], own: OptionTable): Given => {
  const table: OptionTable = { ...own, ...commonOptions };
  const plain: string[] = [];
  const values = new Map<string, string[]>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') plain.push(...rest.splice(0));
    else if (word === '-h') values.set('help', ['']);
    else if (!word.startsWith('-') || word === '-') plain.push(word);
    else {
      const { name, value } = takeOption(word, rest, table);
      if (values.has(name) && table[name]?.many !== true) throw usageError(`--${name} is given twice.`);
      values.set(name, [...(values.get(name) ?? []), value]);
    }
  }
  return makeGiven(plain, values, table);
};

const takeOption = (word: string, rest: string[], table: OptionTable): { name: string; value: string } => {
  const [, name = '', attached] = /^--?([^=]*)(?:=([^]*))?$/.exec(word) ?? [];
  const row = Object.hasOwn(table, name) && word.startsWith('--') ? table[name] : undefined;
  if (row === undefined) {
    const near = nearName(name, Object.keys(table));
    throw usageError(`There is no option ${word.split('=')[0] ?? word}.${near === undefined ? '' : ` Did you mean --${near}?`}`);
  }
  if (row.value === undefined) {
    if (attached !== undefined) throw usageError(`--${name} takes no value.`);
    return { name, value: '' };
  }
  const value = attached ?? rest.shift();
  if (value === undefined || (attached === undefined && value.startsWith('--'))) throw usageError(`--${name} needs a value: --${name} ${row.value}.`);
  return { name, value };
};

const makeGiven = (words: readonly string[], values: ReadonlyMap<string, readonly string[]>, table: OptionTable): Given => {
  const all = (name: string): readonly string[] => {
    if (!Object.hasOwn(table, name)) throw new Error(`the command's table has no option ${name}`);
    return values.get(name) ?? [];
  };
  const text = (name: string): string | undefined => all(name).at(-1);
  return {
    words, all, text,
    flag: (name) => all(name).length > 0,
    required: (name) => {
      const value = text(name);
      if (value === undefined) throw usageError(`--${name} ${table[name]?.value ?? ''} is needed.`);
      return value;
    },
    whole: (name, { low, fallback }) => {
      const value = text(name);
      if (value === undefined) return fallback;
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= low) return number;
      throw usageError(`--${name} must be a whole number of at least ${String(low)}, not "${value}".`);
    },
  };
};

/** Throws a usage error when there are words that the command does not take. */
export const takeNoWords = ({ words }: Given): void => {
  if (words.length > 0) throw usageError(`"${words[0] ?? ''}" is one word too many.`);
};

/** Returns the path as the operator meant it, absolute. */
export const pathFrom = ({ cwd }: { readonly cwd: string }, path: string): string => resolve(cwd, path);
