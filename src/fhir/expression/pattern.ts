/**
 * Regular expressions in FHIRPath (http://hl7.org/fhirpath/N1/#matchesregex--string--boolean): a part of the text is enough.
 * They come from guides and meet texts of strangers: one that could backtrack without end is matched in linear time instead.
 */
import { linearRegex, UnsupportedPattern } from '../../core/linear-regex.js';

export type Pattern = { readonly test: (text: string) => boolean; readonly native: RegExp | undefined };

const known = new Map<string, Pattern | undefined>();

/** Returns a pattern, made once; undefined for what is none, or cannot be matched in bounded time. */
export const patternOf = (source: string): Pattern | undefined => {
  if (!known.has(source)) known.set(source, make(source));
  return known.get(source);
};

/** Some published patterns escape what Unicode mode forbids to escape, hence the second try. */
const make = (source: string): Pattern | undefined => {
  const native = tryNative(source, 'su') ?? tryNative(source, 's');
  if (native === undefined) return undefined;
  return isHarmless(source) ? { test: (text) => native.test(text), native } : tryLinear(source);
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

const tryLinear = (source: string): Pattern | undefined => {
  const starts = source.startsWith('^');
  const ends = /(?<!\\)(?:\\\\)*\$$/.test(source);
  if ((starts || ends) && hasChoice(source)) return undefined;
  const body = source.slice(starts ? 1 : 0, ends ? -1 : undefined);
  try {
    return { test: linearRegex(`${starts ? '' : '[\\s\\S]*'}(?:${body})${ends ? '' : '[\\s\\S]*'}`), native: undefined };
  } catch (error) {
    if (error instanceof UnsupportedPattern) return undefined;
    throw error;
  }
};

/** Whether an alternative stands outside of all groups, so that an anchor belongs to one of them alone. */
const hasChoice = (source: string): boolean => {
  let plain = source.replace(/\\./g, '').replace(/\[[^\]]*\]/g, '');
  for (let before = ''; before !== plain;) {
    before = plain;
    plain = plain.replace(/\([^()]*\)/g, '');
  }
  return plain.includes('|');
};
