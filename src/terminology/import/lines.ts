/** Reads tables of text that are too large for memory, row by row. */
import { createReadStream } from 'node:fs';

/** What the operator gave cannot be imported; the message says why and what to do. */
export class ImportFault extends Error {}

/** Yields the records of a CSV file (RFC 4180): quoted fields may have commas, quotes and line breaks in them. */
export async function* csvRows(path: string): AsyncGenerator<readonly string[], void, undefined> {
  let row: string[] = [];
  let field = '';
  let state: 'plain' | 'quoted' | 'closed' = 'plain';
  let isEmpty = true;
  const endField = (): void => {
    row.push(field);
    field = '';
    state = 'plain';
  };
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const rows: (readonly string[])[] = [];
    for (const char of chunk as string) {
      if (state === 'quoted') {
        if (char === '"') state = 'closed';
        else field += char;
        continue;
      }
      if (char === '"') {
        // A quote after a closing one stands for a quote.
        if (state === 'closed') field += char;
        state = 'quoted';
        isEmpty = false;
      } else if (char === ',') {
        endField();
        isEmpty = false;
      } else if (char === '\n') {
        endField();
        if (!isEmpty) rows.push(row);
        row = [];
        isEmpty = true;
      } else if (char !== '\r' && char !== '\ufeff') {
        field += char;
        isEmpty = false;
      }
    }
    yield* rows;
  }
  if (state === 'quoted') throw new ImportFault(`${path} ends within quotes: it is not whole.`);
  endField();
  if (!isEmpty) yield row;
}

/** Yields the rows of a file whose fields are divided by tabs, without quotes, as RF2 has them. */
export async function* tabRows(path: string): AsyncGenerator<readonly string[], void, undefined> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield (line.endsWith('\r') ? line.slice(0, -1) : line).split('\t');
  }
  if (rest !== '') yield rest.split('\t');
}

/** Returns a function that reads columns of a row by name; throws an ImportFault for a header without one that is needed. */
export const columnsOf = (path: string, header: readonly string[], needed: readonly string[]): ((row: readonly string[], name: string) => string) => {
  const places = new Map(header.map((name, index) => [name.replace(/^\ufeff/, ''), index]));
  const missing = needed.filter((name) => !places.has(name));
  if (missing.length > 0) throw new ImportFault(`${path} has no column ${missing.join(', ')}: it is another file than its name says, or of another version.`);
  return (row, name) => row[places.get(name) ?? -1] ?? '';
};
