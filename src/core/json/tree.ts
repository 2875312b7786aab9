/** Compact, well-formed JSON text as a tree in one pass; scalars stay the text they are written in. */
import { skipString } from './span.js';

/** The members of an object in the order written. */
export interface JsonMembers {
  readonly names: readonly string[];
  readonly values: readonly JsonNode[];
}

/** The raw text of a scalar, the items of an array, or the members of an object. */
export type JsonNode = string | readonly JsonNode[] | JsonMembers;

/** Returns whether the node is an object. */
export const isMembers = (node: JsonNode): node is JsonMembers => typeof node === 'object' && 'names' in node;

/** Returns the tree of the value that starts at `at`. */
export const parseTree = (text: string, at = 0): JsonNode => {
  const reader = { text, at };
  return readNode(reader);
};

interface Reader {
  readonly text: string;
  at: number;
}

const readNode = (reader: Reader): JsonNode => {
  switch (reader.text.charCodeAt(reader.at)) {
    case 0x7b: return readMembers(reader);
    case 0x5b: return readItems(reader);
    case 0x22: return readString(reader);
    default: return readWord(reader);
  }
};

const readMembers = (reader: Reader): JsonMembers => {
  const names: string[] = [];
  const values: JsonNode[] = [];
  reader.at += 1;
  while (reader.text.charCodeAt(reader.at) === 0x22) {
    const raw = readString(reader);
    names.push(raw.includes('\\') ? JSON.parse(raw) as string : raw.slice(1, -1));
    reader.at += 1;
    values.push(readNode(reader));
    reader.at += 1;
  }
  // Behind the last value the closing brace has been passed already, but not in an empty object.
  if (names.length === 0) reader.at += 1;
  return { names, values };
};

const readItems = (reader: Reader): JsonNode[] => {
  const items: JsonNode[] = [];
  reader.at += 1;
  if (reader.text.charCodeAt(reader.at) === 0x5d) {
    reader.at += 1;
    return items;
  }
  do {
    items.push(readNode(reader));
    reader.at += 1;
  } while (reader.text.charCodeAt(reader.at - 1) === 0x2c);
  return items;
};

const readString = (reader: Reader): string => {
  const start = reader.at;
  reader.at = skipString(reader.text, start);
  return reader.text.slice(start, reader.at);
};

const readWord = (reader: Reader): string => {
  const start = reader.at;
  for (;;) {
    const code = reader.text.charCodeAt(reader.at);
    if (Number.isNaN(code) || code === 0x2c || code === 0x7d || code === 0x5d) return reader.text.slice(start, reader.at);
    reader.at += 1;
  }
};
