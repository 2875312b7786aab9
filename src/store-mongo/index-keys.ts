/**
 * What leads to a resource: one array of scalars under one multikey index (https://www.mongodb.com/docs/manual/core/indexes/index-types/index-multikey/).
 * Numbers are hashes of a parameter and a value: tokens, references, addresses; equality finds them. Texts begin with the parameter
 * and go on in hexadecimal, which orders as the bytes do: `s...` strings and addresses, `r...` intervals by where they begin.
 * Nothing a user sends is ever part of a filter in any other form.
 */
import { widthClass, referenceText, systemText, uriText, widths } from '../store-index/index-text.js';
import type { Keys, ParamKey } from '../store-index/keys.js';
import { kinds, PackedCursor } from '../store-index/packed.js';

/** Bytes of a text that stand in the index; the kept entries decide the rest. */
const indexedBytes = 40;

/** Returns the number of a value. */
export const valueKey = (keys: Keys, param: ParamKey, { within, value }: { readonly within: number; readonly value: string }): number => keys.value(param, within, value).key;

const base = (letter: string, param: number, within: number): string => `${letter}${param.toString(36)}${within === 0 ? '' : `.${within.toString(36)}`}:`;

/** Returns what texts of a parameter begin with. */
export const stringBase = (param: number, within: number): string => base('s', param, within);

/** Returns the text as it stands in the index. */
export const hexText = (text: string): string => Buffer.from(text).subarray(0, indexedBytes).toString('hex');

/** Classes of intervals, by width: `[most, name]`. */
export const classes: readonly (readonly [width: number, name: string])[] = [[widths[1], 'a'], [widths[2], 'b'], [widths[3], 'c']];

/** Returns what intervals of a parameter begin with. */
export const rangeBase = (param: number, within: number, name: string): string => `${base('r', param, within)}${name}`;

const scratch = Buffer.alloc(8);

/** Returns a number so that the texts of numbers order as they do. */
export const hexNumber = (value: number): string => {
  // Both zeros are one.
  scratch.writeDoubleBE(value + 0);
  const bits = scratch.readBigUInt64BE();
  const ordered = bits >> 63n === 1n ? ~bits & 0xffff_ffff_ffff_ffffn : bits | (1n << 63n);
  return ordered.toString(16).padStart(16, '0');
};

/** Parameter that every reference stands under, whatever its own: what refers to a resource at all. */
const anyReference = (keys: Keys): ParamKey => keys.param('', 'reference');

/** Returns the number of everything that refers to a target. */
export const referrerKey = (keys: Keys, target: string): number => valueKey(keys, anyReference(keys), { within: 0, value: referenceText(target) });

/** Returns what leads to a resource with these entries. */
export const indexKeys = (packed: Uint8Array, keys: Keys): (number | string)[] => {
  const found = new Set<number | string>();
  const cursor = new PackedCursor(Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength));
  while (cursor.next()) {
    addKeys(found, cursor, keys);
    if (cursor.kind === kinds.reference) found.add(referrerKey(keys, cursor.text));
  }
  for (const { param, type, entries } of cursor.sections()) {
    found.add(valueKey(keys, keys.paramOf(param), { within: 0, value: type }));
    while (entries.next()) addKeys(found, entries, keys);
  }
  return [...found];
};

const addKeys = (found: Set<number | string>, entry: PackedCursor, keys: Keys): void => {
  const { kind, within, key } = entry;
  const param = keys.paramOf(key);
  const addValue = (value: string): void => { found.add(valueKey(keys, param, { within, value })); };
  switch (kind) {
    case kinds.token:
      if (entry.hasText) addValue(entry.text);
      if (entry.extra !== 0) addValue(systemText(entry.extra));
      return;
    case kinds.reference:
      addValue(referenceText(entry.text));
      return;
    case kinds.uri:
      addValue(uriText(entry.text));
      found.add(stringBase(key, within) + hexText(entry.text));
      return;
    case kinds.string:
      found.add(stringBase(key, within) + hexText(entry.text));
      return;
    default:
      found.add(rangeBase(key, within, classOf(entry)) + hexNumber(entry.low));
  }
};

const classOf = ({ low, high }: PackedCursor): string => classes[Math.max(0, widthClass(low, high) - 1)]?.[1] ?? 'c';
