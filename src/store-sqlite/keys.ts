/** The keys of the file: those of every index, and the numbers its tables give to types. */
import { makeKeys, type Keys } from '../store-index/keys.js';
import { ridSpan, type Layout } from './schema.js';

export interface FileKeys extends Keys {
  readonly layout: Layout;
  typeNumber(type: string): number;
  typeName(rid: number): string;
}

/** Returns the keys of a file. */
export const makeFileKeys = (layout: Layout): FileKeys => ({
  ...makeKeys(layout.salt),
  layout,
  typeNumber: (type) => layout.numbers.get(type) ?? 0,
  typeName: (rid) => layout.names.get(Math.floor(rid / ridSpan)) ?? '',
});

/** 2^32: `sys` of a token row is 16 check bits of the value above 32 bits of the system. */
export const systemSpan = 2 ** 32;

/** Returns the `sys` column of a token: `system` 0 for none. */
export const sysOf = (check: number, system: number): number => check * systemSpan + (system % systemSpan);
