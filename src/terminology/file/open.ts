/** A code system in a file of concepts (layout.ts). */
import { openSync } from 'node:fs';
import type { ConceptSystem, GroupedRelation } from '../local/concept-system.js';
import type { ConceptProperty, Designation } from '../resource.js';
import { inactiveFlag, keyOf, magic, type FileHeader, type SectionName } from './layout.js';
import { NotConcepts, readAt } from './read-at.js';

/** Returns the header and where what follows it begins; throws for a file that is none of ours. */
export const readHeader = (file: number): { readonly header: FileHeader; readonly start: number } => {
  const head = Buffer.alloc(magic.length + 4);
  readAt(file, head, 0);
  if (head.toString('latin1', 0, magic.length) !== magic) throw new NotConcepts('not a terminology file of this version; import it again');
  const text = Buffer.alloc(head.readUInt32LE(magic.length));
  readAt(file, text, head.length);
  return { header: JSON.parse(text.toString('utf8')) as FileHeader, start: head.length + text.length };
};

interface Record {
  readonly definition?: string;
  readonly designation: readonly Designation[];
  readonly property: readonly ConceptProperty[];
  readonly groups?: readonly GroupedRelation[];
}

/** Texts in rising order of their bytes. */
class SortedTexts {
  constructor(private readonly bytes: Buffer, private readonly offsets: Uint32Array) {}

  get size(): number {
    return this.offsets.length - 1;
  }

  text(at: number): string {
    return at < 0 || at >= this.size ? '' : this.bytes.toString('utf8', this.offsets[at], this.offsets[at + 1]);
  }

  /** Returns the position of the first text that is not before this one. */
  firstFrom(text: string): number {
    const wanted = Buffer.from(text);
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.bytes.compare(wanted, 0, wanted.length, this.offsets[middle], this.offsets[middle + 1]) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Returns the position of a text; -1 when it is not there. */
  find(text: string): number {
    const wanted = Buffer.from(text);
    let [low, high] = [0, this.size - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = this.bytes.compare(wanted, 0, wanted.length, this.offsets[middle], this.offsets[middle + 1]);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

const nothing: Record = { designation: [], property: [] };

/** Returns the code system; the file stays open as long as it is used. */
export const openConceptFile = (path: string): ConceptSystem => {
  const file = openSync(path, 'r');
  const { header, start } = readHeader(file);
  const memory = Buffer.from(new ArrayBuffer(header.records));
  readAt(file, memory, start);
  const bytes = (name: SectionName): Buffer => {
    const [offset, length] = header.sections[name];
    return memory.subarray(offset, offset + length);
  };
  const numbers = (name: SectionName): Uint32Array => {
    const section = bytes(name);
    return new Uint32Array(section.buffer, section.byteOffset, section.length / 4);
  };
  const [codes, displays, keys] = [new SortedTexts(bytes('codes'), numbers('codeOffsets')), new SortedTexts(bytes('displays'), numbers('displayOffsets')), new SortedTexts(bytes('keys'), numbers('keyOffsets'))];
  const lists = (items: Uint32Array, offsets: Uint32Array) => (at: number): Uint32Array => items.subarray(offsets[at] ?? 0, offsets[at + 1] ?? 0);
  const [parents, children, postings] = [lists(numbers('parents'), numbers('parentOffsets')), lists(numbers('children'), numbers('childOffsets')), lists(numbers('postings'), numbers('postingOffsets'))];
  const [flags, recordOffsets] = [bytes('flags'), numbers('recordOffsets')];
  const properties = new Set(header.properties);
  let [lastAt, last]: [number, Record] = [-1, nothing];
  const record = (at: number): Record => {
    if (at === lastAt) return last;
    const [from, to] = [recordOffsets[at], recordOffsets[at + 1]];
    if (from === undefined || to === undefined) return nothing;
    const buffer = Buffer.allocUnsafe(to - from);
    readAt(file, buffer, start + header.records + from);
    [lastAt, last] = [at, JSON.parse(buffer.toString('utf8')) as Record];
    return last;
  };
  return {
    kind: 'concepts', url: header.url, version: header.version, name: header.name, isComplete: true, caseSensitive: true, size: header.count,
    find: (code) => codes.find(code),
    code: (at) => codes.text(at),
    display: (at) => displays.text(at),
    definition: (at) => record(at).definition,
    designations: (at) => record(at).designation,
    properties: (at) => record(at).property,
    isInactive: (at) => ((flags[at] ?? 0) & inactiveFlag) !== 0,
    isAbstract: () => false,
    parents, children,
    groups: header.hasGroups === true ? (at) => record(at).groups ?? [] : undefined,
    hasProperty: (property) => properties.has(property),
    * values(property) {
      const start = keyOf(property, '');
      for (let at = keys.firstFrom(start); at < keys.size; at += 1) {
        const key = keys.text(at);
        if (!key.startsWith(start)) return;
        yield [key.slice(start.length), postings(at)] as const;
      }
    },
    withValue: (property, value) => {
      if (!properties.has(property)) return [];
      const at = keys.find(keyOf(property, value));
      return at < 0 ? [] : postings(at);
    },
  };
};
