/**
 * Regular expressions in FHIRPath (http://hl7.org/fhirpath/N1/#matchesregex--string--boolean): a part of the text is enough.
 * Those of FHIR itself meet texts of strangers: one that could backtrack without end is matched in linear time instead.
 * Those of strangers are always matched in linear time, since a pattern without groups can still take quadratic time and more.
 */
import { linearRegex, UnsupportedPattern, type LinearTest } from '../../core/linear-regex.js';

export type Pattern = { readonly test: (text: string) => boolean; readonly native: RegExp | undefined };

/** Patterns may be computed from data: what is kept has a bound. */
const mostKept = 1_000;

const kept = <T>(make: (source: string) => T): ((source: string) => T) => {
  const known = new Map<string, { readonly made: T }>();
  return (source) => {
    const found = known.get(source) ?? { made: make(source) };
    if (known.size >= mostKept) known.clear();
    known.set(source, found);
    return found.made;
  };
};

/** Some published patterns escape what Unicode mode forbids to escape, hence the second try. */
const make = (source: string): Pattern | undefined => {
  const native = tryNative(source, 'su') ?? tryNative(source, 's');
  if (native === undefined) return undefined;
  if (isHarmless(source)) return { test: (text) => native.test(text), native };
  const test = tryLinear(source);
  return test && { test, native: undefined };
};

const tryNative = (source: string, flags: string): RegExp | undefined => {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
};

const single = /\((?:\?:)?(?:\[(?:[^\]\\]|\\.)*\]|\\?[^()[\]|*+?{}])\)/g;

/** Whether no group that holds more than a single character is repeated: only such repetitions take exponential time. */
const isHarmless = (source: string): boolean => !/\)\s*(?:[*+]|\{)/.test(source.replace(single, 'x')) && !/\\[1-9]|\(\?[=!<]/.test(source);

/** Longer ones are for the worker: what is done to find out about them here takes time of its own. */
const longest = 1_000;

const tryLinear = (source: string): LinearTest | undefined => {
  if (source.length > longest) return undefined;
  const starts = source.startsWith('^');
  const ends = /(?<!\\)(?:\\\\)*\$$/.test(source);
  if ((starts || ends) && hasChoice(source)) return undefined;
  const body = source.slice(starts ? 1 : 0, ends ? -1 : undefined);
  try {
    return linearRegex(`${starts ? '' : '[\\s\\S]*'}(?:${body})${ends ? '' : '[\\s\\S]*'}`, { dotAll: true });
  } catch (error) {
    if (error instanceof UnsupportedPattern) return undefined;
    throw error;
  }
};

/** Whether an alternative stands outside of all groups, so that an anchor belongs to one of them alone. */
const hasChoice = (source: string): boolean => {
  let depth = 0;
  for (const char of source.replace(/\\./g, '').replace(/\[[^\]]*\]/g, '')) {
    if (char === '(') depth += 1;
    else if (char === ')') depth -= 1;
    else if (char === '|' && depth === 0) return true;
  }
  return false;
};

/** Returns a pattern of FHIR itself, made once; undefined for what is none, or cannot be matched in bounded time. */
export const patternOf = kept(make);

/** Returns the test of a pattern of strangers; undefined for what is none, or cannot be matched in linear time. */
export const boundedPatternOf = kept(tryLinear);
