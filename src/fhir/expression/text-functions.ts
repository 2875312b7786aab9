/** The functions of FHIRPath on texts (http://hl7.org/fhirpath/N1/#string-manipulation). */
import type { Call, Eval, Run, Test } from './call.js';
import { nothing, numberNode, textNode, type Nodes } from './node.js';
import { boundedPatternOf, patternOf } from './pattern.js';
import { BeyondHere, spend, stepsOfText, type Work } from './work.js';

const textOf = (nodes: Nodes | undefined): string | undefined => {
  const value = nodes?.[0]?.value;
  return typeof value === 'string' ? value : undefined;
};

type TextResult = string | number | undefined;
type TextArgs = readonly (string | number | undefined)[];

/** Looking for a long text in a text that nearly has it takes a look at most places for each of its characters. */
const spendOnSearch = (work: Work | undefined, text: string, part: string): void => { spend(work, stepsOfText(text) * (1 + (part.length >> 6))); };

const onText = (work: (text: string, args: TextArgs, run: Run) => TextResult) => (call: Call): Eval => (focus, run) => {
  const text = textOf(call.of(focus, run));
  if (text === undefined) return nothing;
  spend(run.work, stepsOfText(text));
  const args = call.args.map((arg) => arg(focus, run)[0]?.value).map((value) => (typeof value === 'string' || typeof value === 'number' ? value : undefined));
  const found = work(text, args, run);
  return found === undefined ? nothing : [typeof found === 'number' ? numberNode(found) : textNode(found)];
};

const testText = (work: (text: string, other: string, run: Run) => boolean | undefined) => (call: Call): Test => (focus, run) => {
  const [text, other] = [textOf(call.of(focus, run)), textOf(call.args[0]?.(focus, run))];
  if (text === undefined || other === undefined) return undefined;
  spend(run.work, stepsOfText(other));
  return work(text, other, run);
};

const replaced = (text: string, [part, by]: TextArgs, { work }: Run): string => {
  const [from, to] = [String(part), String(by)];
  spendOnSearch(work, text, from);
  // What it may grow to, before it does.
  if (work !== undefined) spend(work, Math.ceil(((text.length / Math.max(1, from.length)) * to.length) / 32));
  return text.replaceAll(from, () => to);
};

const replaceAll = (text: string, [source, by]: TextArgs, { work }: Run): string | undefined => {
  if (work !== undefined) throw new BeyondHere('it replaces by a pattern');
  const pattern = patternOf(String(source))?.native;
  return pattern === undefined ? undefined : text.replace(new RegExp(pattern, `${pattern.flags}g`), String(by));
};

const slice = (text: string, [start, length]: TextArgs): TextResult => {
  if (typeof start !== 'number' || start < 0 || start >= text.length) return undefined;
  return typeof length === 'number' ? text.slice(start, start + Math.max(0, length)) : text.slice(start);
};

const indexOf = (text: string, [part]: TextArgs, { work }: Run): number => {
  spendOnSearch(work, text, String(part));
  return text.indexOf(String(part));
};

export const textFunctions: Readonly<Record<string, (call: Call) => Eval>> = {
  substring: onText(slice),
  length: onText((text) => text.length),
  upper: onText((text) => text.toUpperCase()),
  lower: onText((text) => text.toLowerCase()),
  indexOf: onText(indexOf),
  replace: onText(replaced),
  replaceMatches: onText(replaceAll),
};

const contains = (text: string, other: string, { work }: Run): boolean => {
  spendOnSearch(work, text, other);
  return text.includes(other);
};

/** A pattern of strangers is matched in linear time, or not on this thread. */
const matches = (text: string, source: string, { work }: Run): boolean | undefined => {
  if (work === undefined) return patternOf(source)?.test(text);
  const pattern = boundedPatternOf(source);
  if (pattern === undefined) throw new BeyondHere('it has a pattern that cannot be matched in linear time');
  return pattern(text, (states) => { spend(work, 4 * states); });
};

export const textTests: Readonly<Record<string, (call: Call) => Test>> = {
  startsWith: testText((text, other) => text.startsWith(other)),
  endsWith: testText((text, other) => text.endsWith(other)),
  contains: testText(contains),
  matches: testText(matches),
};
