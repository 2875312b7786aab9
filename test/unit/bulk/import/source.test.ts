import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findSources } from '../../../../src/bulk/import/source.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-source-'));
  await mkdir(join(folder, 'data', 'more'), { recursive: true });
  for (const name of ['b.json', '0-first.json.bz2', 'a.ndjson', 'notes.txt', '.hidden.json', 'more/c.json.gz']) await writeFile(join(folder, 'data', name), '{}');
});
afterAll(() => rm(folder, { recursive: true }));
const names = async (...given: string[]): Promise<string[]> => (await findSources(given, folder)).files.map(({ name }) => name);

describe('the sources of an import', () => {
  it('are the data files of a folder by name, with what was left out', async () => {
    const { files, leftOut } = await findSources(['data'], folder);
    expect(files.map(({ name }) => name)).toEqual(['data/0-first.json.bz2', 'data/a.ndjson', 'data/b.json', 'data/more/c.json.gz']);
    expect(leftOut).toEqual(['data/notes.txt']);
    expect(files.every(({ size }) => size === 2)).toBe(true);
  });

  it('are files whatever they are called, and standard input', async () => {
    expect(await names('data/notes.txt', '-')).toEqual(['data/notes.txt', 'standard input']);
  });

  it('are what a pattern matches, each once', async () => {
    expect(await names('data/*.json', 'data/b.json')).toEqual(['data/b.json']);
    expect(await names('data/**/*.json*')).toEqual(['data/0-first.json.bz2', 'data/b.json', 'data/more/c.json.gz']);
    expect(await names('data/[ab].*')).toEqual(['data/a.ndjson', 'data/b.json']);
  });

  it('must be there', async () => {
    await expect(names('nothing.json')).rejects.toThrow('There is no file or folder nothing.json.');
    await expect(names('data/*.csv')).rejects.toThrow('No file matches data/*.csv.');
  });

  it('are another source when the file has changed', async () => {
    const before = (await findSources(['data/b.json'], folder)).files[0];
    await writeFile(join(folder, 'data', 'b.json'), '{ }');
    const after = (await findSources(['data/b.json'], folder)).files[0];
    expect(after?.path).toBe(before?.path);
    expect(after?.identity).not.toBe(before?.identity);
  });
});
