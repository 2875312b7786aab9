/**
 * The index entries of a resource as bytes: kept with it, so that a change touches only the index rows that differ, and so
 * that conditions no index answers are decided without reading the body.
 *
 * Each entry: kind (8 bits, the highest set when `within` follows), key of the parameter (48), [within (48)], then by kind
 * token: system (48, 0 none), code; string: hash of the exact text (48), folded text; date, number: low, high (64 each);
 * quantity: unit (48), low, high; reference, uri: text. A text is its length in bytes (32) and UTF-8; no text has length 2^32-1.
 * Contained resources come last, each as a section: kind, key of the parameter that marks what it is in (48),
 * bytes of the rest (32), type and id as texts, its entries. A cursor over
 * the resource itself ends before the first of them.
 */
import type { ContainedEntry, IndexEntry, ValueEntry } from '../store/index-entry.js';
import type { Keys } from './keys.js';

export const kinds = { token: 1, string: 2, date: 3, number: 4, quantity: 5, reference: 6, uri: 7, contained: 8 } as const;
const withinFlag = 0x80;
const noText = 0xffff_ffff;

let scratch = Buffer.alloc(16 * 1024);
let end = 0;

const room = (bytes: number): void => {
  if (end + bytes <= scratch.length) return;
  const larger = Buffer.alloc(Math.max(scratch.length * 2, end + bytes));
  scratch.copy(larger, 0, 0, end);
  scratch = larger;
};

const u48 = (value: number): void => { end = scratch.writeUIntLE(value, end, 6); };
const f64 = (value: number): void => { end = scratch.writeDoubleLE(value, end); };
const text = (value: string): void => {
  room(value.length * 3 + 32);
  const length = scratch.write(value, end + 4, 'utf8');
  scratch.writeUInt32LE(length, end);
  end += 4 + length;
};

const pack = (type: string, entry: ValueEntry, keys: Keys): void => {
  room(64);
  const { within } = entry;
  end = scratch.writeUInt8(kinds[entry.kind] | (within === undefined ? 0 : withinFlag), end);
  u48(keys.param(type, entry.param).key);
  if (within !== undefined) u48(keys.within(within));
  switch (entry.kind) {
    case 'token':
      u48(entry.system === undefined ? 0 : keys.system(entry.system));
      if (entry.code === undefined) end = scratch.writeUInt32LE(noText, end);
      else text(entry.code);
      return;
    case 'string':
      u48(keys.exact(entry.text));
      text(entry.folded);
      return;
    case 'reference':
      text(entry.target);
      return;
    case 'uri':
      text(entry.uri);
      return;
    case 'quantity':
      u48(keys.within(entry.unit));
      f64(entry.low);
      f64(entry.high);
      return;
    default:
      f64(entry.low);
      f64(entry.high);
  }
};

/** Parameter under which a resource stands for the types of what it contains. */
export const containedParam = 'contained';

/** The name under which parameters of a contained resource have their keys: apart from those of resources, and by what contains it. */
export const containedName = (container: string, type: string): string => `${containerOf(container)}#${type}`;

export const isContainedName = (name: string): boolean => name.includes('#');

/** Returns the type of what contains the resource that such a name is about; a type as it is. */
export const containerOf = (name: string): string => (isContainedName(name) ? name.slice(0, name.indexOf('#')) : name);

/** Returns the type of the resource that such a name is about; a type as it is. */
export const ownType = (name: string): string => name.slice(name.indexOf('#') + 1);

const packContained = (container: string, { type, id, entries }: ContainedEntry, keys: Keys): void => {
  room(16);
  end = scratch.writeUInt8(kinds.contained, end);
  u48(keys.param(container, containedParam).key);
  const lengthAt = end;
  end += 4;
  text(type);
  text(id);
  const name = containedName(container, type);
  for (const entry of entries) pack(name, entry, keys);
  scratch.writeUInt32LE(end - lengthAt - 4, lengthAt);
};

/** A contained resource as it is packed. */
export interface Section {
  /** Key of the parameter that says which types its container contains. */
  readonly param: number;
  readonly type: string;
  readonly id: string;
  readonly entries: PackedCursor;
}

/** Returns the entries of a resource of this type as bytes of their own. */
export const packEntries = (type: string, entries: readonly IndexEntry[], keys: Keys): Buffer => {
  end = 0;
  for (const entry of entries) if (entry.kind !== 'contained') pack(type, entry, keys);
  for (const entry of entries) if (entry.kind === 'contained') packContained(type, entry, keys);
  return Buffer.from(scratch.subarray(0, end));
};

/** A cursor over packed entries: `next` moves, then the fields are those of the entry it stands on. */
export class PackedCursor {
  kind = 0;
  key = 0;
  /** 0 for none. */
  within = 0;
  /** System of a token, hash of the exact text of a string, unit of a quantity. */
  extra = 0;
  low = 0;
  high = 0;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = 0;
  #textStart = 0;
  #textEnd = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  rewind(): void {
    this.#at = 0;
  }

  next(): boolean {
    if (this.#at >= this.#bytes.length) return false;
    const first = this.#view.getUint8(this.#at);
    if (first === kinds.contained) return false;
    this.#at += 1;
    this.kind = first & ~withinFlag;
    this.key = this.#u48();
    this.within = first >= withinFlag ? this.#u48() : 0;
    this.#value();
    return true;
  }

  /** Returns the contained resources. */
  sections(): Section[] {
    this.rewind();
    while (this.next());
    const found: Section[] = [];
    for (let at = this.#at; at < this.#bytes.length;) {
      this.#at = at + 1;
      const param = this.#u48();
      const last = this.#at + 4 + this.#view.getUint32(this.#at, true);
      this.#at += 4;
      this.#text();
      const type = this.text;
      this.#text();
      found.push({ param, type, id: this.text, entries: new PackedCursor(this.#bytes.subarray(this.#at, last)) });
      at = last;
    }
    return found;
  }

  /** Whether the entry has a text at all: a token may have no code. */
  get hasText(): boolean {
    return this.#textEnd >= this.#textStart;
  }

  /** Code, folded text, target or uri. */
  get text(): string {
    return this.#bytes.toString('utf8', this.#textStart, this.#textEnd);
  }

  #value(): void {
    switch (this.kind) {
      case kinds.token:
      case kinds.string:
        this.extra = this.#u48();
        this.#text();
        return;
      case kinds.reference:
      case kinds.uri:
        this.#text();
        return;
      default:
        if (this.kind === kinds.quantity) this.extra = this.#u48();
        this.low = this.#view.getFloat64(this.#at, true);
        this.high = this.#view.getFloat64(this.#at + 8, true);
        this.#at += 16;
    }
  }

  #u48(): number {
    const value = this.#view.getUint32(this.#at, true) + this.#view.getUint16(this.#at + 4, true) * 0x1_0000_0000;
    this.#at += 6;
    return value;
  }

  #text(): void {
    const length = this.#view.getUint32(this.#at, true);
    this.#textStart = this.#at + 4;
    this.#textEnd = length === noText ? this.#textStart - 1 : this.#textStart + length;
    this.#at = Math.max(this.#textStart, this.#textEnd);
  }
}
