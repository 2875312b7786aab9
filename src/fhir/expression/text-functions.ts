/** The functions of FHIRPath on texts (http://hl7.org/fhirpath/N1/#string-manipulation). */
import type { Call, Eval, Test } from './call.js';
import { nothing, numberNode, textNode, type Nodes } from './node.js';
import { patternOf } from './pattern.js';

const textOf = (nodes: Nodes | undefined): string | undefined => {
  const value = nodes?.[0]?.value;
  return typeof value === 'string' ? value : undefined;
};

type TextResult = string | number | undefined;

const onText = (work: (text: string, args: readonly (string | number | undefined)[]) => TextResult) => (call: Call): Eval => (focus, run) => {
  const text = textOf(call.of(focus, run));
  if (text === undefined) return nothing;
  const args = call.args.map((arg) => arg(focus, run)[0]?.value).map((value) => (typeof value === 'string' || typeof value === 'number' ? value : undefined));
  const found = work(text, args);
  return found === undefined ? nothing : [typeof found === 'number' ? numberNode(found) : textNode(found)];
};

const testText = (work: (text: string, other: string) => boolean | undefined) => (call: Call): Test => (focus, run) => {
  const [text, other] = [textOf(call.of(focus, run)), textOf(call.args[0]?.(focus, run))];
  return text === undefined || other === undefined ? undefined : work(text, other);
};

const replaceAll = (text: string, source: string, by: string): string | undefined => {
  const pattern = patternOf(source)?.native;
  return pattern === undefined ? undefined : text.replace(new RegExp(pattern, `${pattern.flags}g`), by);
};

const slice = (text: string, [start, length]: readonly (string | number | undefined)[]): TextResult => {
  if (typeof start !== 'number' || start < 0 || start >= text.length) return undefined;
  return typeof length === 'number' ? text.slice(start, start + Math.max(0, length)) : text.slice(start);
};

export const textFunctions: Readonly<Record<string, (call: Call) => Eval>> = {
  substring: onText(slice),
  length: onText((text) => text.length),
  upper: onText((text) => text.toUpperCase()),
  lower: onText((text) => text.toLowerCase()),
  indexOf: onText((text, [part]) => text.indexOf(String(part))),
  replace: onText((text, [part, by]) => text.replaceAll(String(part), () => String(by))),
  replaceMatches: onText((text, [pattern, by]) => replaceAll(text, String(pattern), String(by))),
};

export const textTests: Readonly<Record<string, (call: Call) => Test>> = {
  startsWith: testText((text, other) => text.startsWith(other)),
  endsWith: testText((text, other) => text.endsWith(other)),
  contains: testText((text, other) => text.includes(other)),
  matches: testText((text, pattern) => patternOf(pattern)?.test(text)),
};
