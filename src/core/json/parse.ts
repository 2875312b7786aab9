/** One strict reading of a JSON text: its compact exact form and its plain value. */
import { Scanner } from './scanner.js';

export interface ParsedJson {
  /** Without insignificant white space; numbers and strings exactly as sent. */
  readonly text: string;
  /** As JSON.parse gives it; decimals have lost their form. */
  readonly value: unknown;
}

/** Returns the compact text and the value; throws JsonTextError. `depth`: how many levels may be nested. */
export const parseJson = (text: string, { depth }: { readonly depth: number }): ParsedJson => {
  const scanner = new Scanner(text, depth);
  const compact = scanner.value();
  scanner.end();
  return { text: compact, value: JSON.parse(compact) as unknown };
};
