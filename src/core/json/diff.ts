/** What changes between two JSON texts, as a JSON Patch (RFC 6902); numbers are compared and given with their digits. */
import { isLexicalObject, parseLexical, sameLexical, stringifyLexical, type Lexical, type LexicalObject } from './lexical.js';

interface Change {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: Lexical;
}

/**
 * Returns the text of a JSON Patch that makes `after` of `before`, both compact JSON texts; undefined is nothing at all.
 * `except` holds the JSON Pointers of members that do not count.
 */
export const diffJson = (before: string | undefined, after: string | undefined, except: ReadonlySet<string> = new Set()): string => {
  const changes = before === undefined || after === undefined ? wholly(before, after) : changesOf(parseLexical(before), parseLexical(after), '');
  return `[${changes.filter(({ path }) => !except.has(path)).map(changeText).join(',')}]`;
};

const wholly = (before: string | undefined, after: string | undefined): Change[] => {
  if (after !== undefined) return [{ op: 'add', path: '', value: parseLexical(after) }];
  return before === undefined ? [] : [{ op: 'remove', path: '' }];
};

const changeText = ({ op, path, value }: Change): string =>
  `{"op":"${op}","path":${JSON.stringify(path)}${value === undefined ? '' : `,"value":${stringifyLexical(value)}`}}`;

const changesOf = (before: Lexical, after: Lexical, path: string): Change[] => {
  if (isLexicalObject(before) && isLexicalObject(after)) return memberChanges(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) return itemChanges(before, after, path);
  return sameLexical(before, after) ? [] : [{ op: 'replace', path, value: after }];
};

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

const memberChanges = (before: LexicalObject, after: LexicalObject, path: string): Change[] => {
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name)).map((name): Change => ({ op: 'remove', path: `${path}/${escaped(name)}` }));
  const others = Object.entries(after).flatMap(([name, value]): Change[] => {
    const place = `${path}/${escaped(name)}`;
    return Object.hasOwn(before, name) ? changesOf(before[name] ?? null, value, place) : [{ op: 'add', path: place, value }];
  });
  return [...gone, ...others];
};

/** What is equal at both ends stays; in between, items are compared in pairs, then the rest is removed or added. */
const itemChanges = (before: readonly Lexical[], after: readonly Lexical[], path: string): Change[] => {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && sameLexical(before[start] ?? null, after[start] ?? null)) start += 1;
  let tail = 0;
  while (tail < shorter - start && sameLexical(before[before.length - 1 - tail] ?? null, after[after.length - 1 - tail] ?? null)) tail += 1;
  const changes: Change[] = [];
  const [oldEnd, newEnd] = [before.length - tail, after.length - tail];
  const both = Math.min(oldEnd, newEnd);
  for (let index = start; index < both; index += 1) changes.push(...changesOf(before[index] ?? null, after[index] ?? null, `${path}/${String(index)}`));
  for (let index = oldEnd - 1; index >= both; index -= 1) changes.push({ op: 'remove', path: `${path}/${String(index)}` });
  for (let index = both; index < newEnd; index += 1) changes.push({ op: 'add', path: `${path}/${String(index)}`, value: after[index] ?? null });
  return changes;
};
