/** Writes a file of concepts (layout.ts): beside its final name first, so that a reader never sees half of one. */
import { closeSync, openSync, renameSync, rmSync, writeSync, fsyncSync } from 'node:fs';
import { propertyText, type GroupedRelation } from '../local/concept-system.js';
import type { ConceptProperty, Designation } from '../resource.js';
import { readAt } from './read-at.js';
import { aligned, inactiveFlag, keyOf, longestValue, magic, sectionNames, type FileHeader, type SectionName } from './layout.js';

export interface FileConcept {
  readonly display: string;
  readonly definition?: string | undefined;
  readonly inactive: boolean;
  /** Codes; those that are not in the file are left out. */
  readonly parents: readonly string[];
  readonly designation: readonly Designation[];
  readonly property: readonly ConceptProperty[];
  /** What it is found by beside its properties, and is not shown with. */
  readonly index?: readonly (readonly [name: string, value: string])[] | undefined;
  readonly groups?: readonly GroupedRelation[] | undefined;
}

export interface FileInput {
  readonly url: string;
  readonly version: string;
  readonly name: string;
  /** In rising order, none twice, plain ASCII. */
  readonly codes: readonly string[];
  /** Asked for each position once, in order. */
  readonly concept: (at: number) => FileConcept;
  /** Called now and then with the share that is done. */
  readonly report?: ((share: number) => void) | undefined;
  /** Awaited now and then. */
  readonly breathe: () => Promise<void>;
}

/** Texts one after the other, with where each begins. */
class Texts {
  private readonly chunks: Buffer[] = [];
  private pending: string[] = [];
  private readonly starts: number[] = [0];
  private length = 0;

  add(text: string): void {
    this.pending.push(text);
    this.length += Buffer.byteLength(text);
    this.starts.push(this.length);
    if (this.pending.length >= 4096) this.pack();
  }

  private pack(): void {
    this.chunks.push(Buffer.from(this.pending.join('')));
    this.pending = [];
  }

  bytes(): Buffer {
    this.pack();
    return Buffer.concat(this.chunks);
  }

  offsets(): Uint32Array {
    return Uint32Array.from(this.starts);
  }
}

/** Lists of numbers one after the other. */
const joined = (lists: readonly (readonly number[])[]): { readonly items: Uint32Array; readonly offsets: Uint32Array } => {
  const offsets = new Uint32Array(lists.length + 1);
  lists.forEach((list, index) => { offsets[index + 1] = (offsets[index] ?? 0) + list.length; });
  const items = new Uint32Array(offsets.at(-1) ?? 0);
  lists.forEach((list, index) => { items.set(list, offsets[index] ?? 0); });
  return { items, offsets };
};

interface Made {
  readonly displays: Texts;
  readonly flags: Uint8Array;
  readonly parents: number[][];
  readonly records: { readonly file: number; length: number; readonly offsets: number[] };
  readonly postings: Map<string, number[]>;
  readonly properties: Set<string>;
  hasGroups: boolean;
}

/** Writes the file and puts it in place of `path`. Throws what the file system throws; nothing is left behind then. */
export const writeConceptFile = async (path: string, input: FileInput): Promise<void> => {
  const [making, making2] = [`${path}.records`, `${path}.making`];
  try {
    const file = openSync(making, 'w+', 0o600);
    try {
      const made = await gather(input, file);
      writeWhole(making2, { input, made });
    } finally {
      closeSync(file);
    }
    renameSync(making2, path);
  } finally {
    for (const one of [making, making2]) rmSync(one, { force: true });
  }
};

const gather = async ({ codes, concept, report, breathe }: FileInput, file: number): Promise<Made> => {
  const made: Made = { displays: new Texts(), flags: new Uint8Array(codes.length), parents: [], records: { file, length: 0, offsets: [0] }, postings: new Map(), properties: new Set(), hasGroups: false };
  const positions = new Map(codes.map((code, at) => [code, at]));
  let pending: Buffer[] = [];
  const flush = (): void => {
    writeAll(file, Buffer.concat(pending));
    pending = [];
  };
  for (let at = 0; at < codes.length; at += 1) {
    const one = concept(at);
    made.displays.add(one.display);
    made.flags[at] = one.inactive ? inactiveFlag : 0;
    made.parents.push(one.parents.flatMap((code) => positions.get(code) ?? []).filter((parent) => parent !== at));
    const record = Buffer.from(JSON.stringify({ definition: one.definition, designation: one.designation, property: one.property, groups: one.groups }));
    pending.push(record);
    made.records.length += record.length;
    made.records.offsets.push(made.records.length);
    for (const property of one.property) post(made, [property.code, propertyText(property)], at);
    made.hasGroups ||= one.groups !== undefined;
    for (const entry of one.index ?? []) post(made, entry, at);
    if (at % 1024 === 1023) {
      flush();
      report?.(at / codes.length);
      await breathe();
    }
  }
  flush();
  return made;
};

const post = ({ postings, properties }: Made, [name, value]: readonly [name: string, value: string], at: number): void => {
  properties.add(name);
  if (value.length > longestValue) return;
  const key = keyOf(name, value);
  const list = postings.get(key);
  if (list === undefined) postings.set(key, [at]);
  else if (list.at(-1) !== at) list.push(at);
};

const sectionsOf = ({ codes }: FileInput, made: Made): Record<SectionName, Uint8Array> => {
  const codeTexts = new Texts();
  for (const code of codes) codeTexts.add(code);
  const children: number[][] = codes.map(() => []);
  made.parents.forEach((parents, at) => { for (const parent of parents) children[parent]?.push(at); });
  const keys = [...made.postings.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const keyTexts = new Texts();
  for (const key of keys) keyTexts.add(key);
  const [up, down, lists] = [joined(made.parents), joined(children), joined(keys.map((key) => made.postings.get(key) ?? []))];
  const bytes = (array: Uint32Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return {
    codes: codeTexts.bytes(), codeOffsets: bytes(codeTexts.offsets()), displays: made.displays.bytes(), displayOffsets: bytes(made.displays.offsets()), flags: made.flags,
    parents: bytes(up.items), parentOffsets: bytes(up.offsets), children: bytes(down.items), childOffsets: bytes(down.offsets), recordOffsets: bytes(Uint32Array.from(made.records.offsets)),
    keys: keyTexts.bytes(), keyOffsets: bytes(keyTexts.offsets()), postings: bytes(lists.items), postingOffsets: bytes(lists.offsets),
  };
};

interface Whole {
  readonly input: FileInput;
  readonly made: Made;
}

const writeWhole = (path: string, { input, made }: Whole): void => {
  const sections = sectionsOf(input, made);
  let end = 0;
  const places = Object.fromEntries(sectionNames.map((name): [SectionName, readonly [number, number]] => {
    const place = [end, sections[name].length] as const;
    end += aligned(sections[name].length);
    return [name, place];
  })) as FileHeader['sections'];
  const header: FileHeader = { url: input.url, version: input.version, name: input.name, count: input.codes.length, hasGroups: made.hasGroups, properties: [...made.properties].sort(), sections: places, records: end };
  const file = openSync(path, 'w', 0o600);
  try {
    const text = Buffer.from(JSON.stringify(header));
    const length = aligned(magic.length + 4 + text.length) - magic.length - 4;
    const head = Buffer.alloc(magic.length + 4 + length, ' ');
    head.write(magic, 'latin1');
    head.writeUInt32LE(length, magic.length);
    text.copy(head, magic.length + 4);
    writeAll(file, head);
    for (const name of sectionNames) writeAll(file, Buffer.concat([sections[name]], aligned(sections[name].length)));
    copyRecords(made, file);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

const writeAll = (file: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done);
};

const copyRecords = ({ records }: Made, to: number): void => {
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  for (let at = 0; at < records.length;) {
    const read = readAt(records.file, buffer.subarray(0, Math.min(buffer.length, records.length - at)), at);
    writeAll(to, buffer.subarray(0, read));
    at += read;
  }
};
