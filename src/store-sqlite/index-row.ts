/** The rows of the index tables that packed entries stand for. */
import { codelessText, referenceText, shortText, systemText, uriText, widthClass } from '../store-index/index-text.js';
import type { Keys, ParamKey } from '../store-index/keys.js';
import { kinds, PackedCursor } from '../store-index/packed.js';
import { sysOf } from './keys.js';

/** Rows without their resource: token `[key, sys]`, string `[key, text]`, range `[key, low, high]`. */
export interface IndexRows {
  readonly token: (readonly [number, number])[];
  readonly string: (readonly [number, string])[];
  readonly range: (readonly [number, number, number])[];
  /** Not of the resource: where in the token index the codes of a system are, `[key of the system, key, sys]`. */
  readonly system: (readonly [number, number, number])[];
}

/** Returns the key of range rows: parameter, the rest it is asked within, and unit. */
export const rangeKey = (keys: Keys, param: ParamKey, about: { within: number; unit: number }, width: number): number =>
  Math.floor(keys.value(param, about.within, String(about.unit)).key / 4) * 4 + width;

/** Returns the key under which the codes of a system are listed. */
export const systemKey = (keys: Keys, param: ParamKey, about: { within: number; system: number }): number => keys.value(param, about.within, systemText(about.system)).key;

/** Returns the key of string rows. */
export const stringKey = (keys: Keys, param: ParamKey, within: number): number => keys.value(param, within, '').key;

/** Returns the rows of packed entries, none twice. */
export const rowsOf = (packed: Buffer, keys: Keys): IndexRows => {
  const rows: IndexRows = { token: [], string: [], range: [], system: [] };
  const cursor = new PackedCursor(packed);
  while (cursor.next()) addRow(rows, cursor, keys);
  for (const { param, type, entries } of cursor.sections()) {
    const { key, check } = keys.value(keys.paramOf(param), 0, type);
    rows.token.push([key, sysOf(check, 0)]);
    while (entries.next()) addRow(rows, entries, keys);
  }
  return { token: distinct(rows.token), string: distinct(rows.string), range: distinct(rows.range), system: distinct(rows.system) };
};

const addRow = (rows: IndexRows, entry: PackedCursor, keys: Keys): void => {
  const { kind, within } = entry;
  const param = keys.paramOf(entry.key);
  const addToken = (value: string, system: number): void => {
    const { key, check } = keys.value(param, within, value);
    const sys = sysOf(check, system);
    rows.token.push([key, sys]);
    if (system !== 0) rows.system.push([systemKey(keys, param, { within, system }), key, sys]);
  };
  switch (kind) {
    case kinds.token:
      if (entry.hasText || entry.extra !== 0) addToken(entry.hasText ? entry.text : codelessText, entry.extra);
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
