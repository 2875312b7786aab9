/** The rows of the index tables that packed entries stand for. */
import { indexedText, sysOf, type Keys, type ParamKey } from './keys.js';
import { kinds, PackedCursor } from './packed.js';

/** Rows without their resource: token `[key, sys]`, string `[key, text]`, range `[key, low, high]`. */
export interface IndexRows {
  readonly token: (readonly [number, number])[];
  readonly string: (readonly [number, string])[];
  readonly range: (readonly [number, number, number])[];
}

/**
 * Intervals are filed by width: within a class, those that can reach a value begin at most `width` before it, and so are
 * neighbours in the index.
 */
export const widths = [0, 86_400_000, 32 * 86_400_000, Infinity] as const;

/** Returns the class of an interval: 0 to 3. */
export const widthClass = (low: number, high: number): number => {
  const width = high - low;
  return width <= widths[0] ? 0 : width <= widths[1] ? 1 : width <= widths[2] ? 2 : 3;
};

/** Returns the key of range rows: parameter, the rest it is asked within, and unit. */
export const rangeKey = (keys: Keys, param: ParamKey, about: { within: number; unit: number }, width: number): number =>
  Math.floor(keys.value(param, about.within, String(about.unit)).key / 4) * 4 + width;

/** Returns the key of string rows. */
export const stringKey = (keys: Keys, param: ParamKey, within: number): number => keys.value(param, within, '').key;

/** Text of references in a value hash: apart from codes. */
export const referenceText = (target: string): string => `>${target}`;
/** Text of URIs in a value hash. */
export const uriText = (uri: string): string => `<${uri}`;

/** Returns the text as it stands in the ordered index. */
export const shortText = (text: string): string => {
  if (text.length <= indexedText) return text;
  const last = text.charCodeAt(indexedText - 1);
  // Half a character would not come back as it went in.
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? indexedText - 1 : indexedText);
};

/** Returns the rows of packed entries, none twice. */
export const rowsOf = (packed: Buffer, keys: Keys): IndexRows => {
  const rows: IndexRows = { token: [], string: [], range: [] };
  const cursor = new PackedCursor(packed);
  while (cursor.next()) addRow(rows, cursor, keys);
  return { token: distinct(rows.token), string: distinct(rows.string), range: distinct(rows.range) };
};

const addRow = (rows: IndexRows, entry: PackedCursor, keys: Keys): void => {
  const { kind, within } = entry;
  const param = keys.paramOf(entry.key);
  const addToken = (value: string, system: number): void => {
    const { key, check } = keys.value(param, within, value);
    rows.token.push([key, sysOf(check, system)]);
  };
  switch (kind) {
    case kinds.token:
      if (entry.hasText) addToken(entry.text, entry.extra);
      return;
    case kinds.reference:
      addToken(referenceText(entry.text), 0);
      return;
    case kinds.uri:
      addToken(uriText(entry.text), 0);
      rows.string.push([stringKey(keys, param, within), shortText(entry.text)]);
      return;
    case kinds.string:
      rows.string.push([stringKey(keys, param, within), shortText(entry.text)]);
      return;
    default:
      rows.range.push([rangeKey(keys, param, { within, unit: kind === kinds.quantity ? entry.extra : 0 }, widthClass(entry.low, entry.high)), entry.low, entry.high]);
  }
};

const distinct = <T extends readonly (number | string)[]>(rows: readonly T[]): T[] => {
  if (rows.length < 2) return [...rows];
  const seen = new Set<string>();
  return rows.filter((row) => {
    const name = row.join(' ');
    return seen.has(name) ? false : seen.add(name);
  });
};
