/** What an import reads: files, folders and patterns become a list of files in a fixed order; `-` is standard input. */
import { createHash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { expandPattern, isPattern } from './glob.js';

export interface Source {
  /** Absolute path; `-` for standard input. */
  readonly path: string;
  /** As messages name it: the way it was given. */
  readonly name: string;
  /** Bytes on disk; 0 when nobody knows. */
  readonly size: number;
  /** Changes when the file does. */
  readonly identity: string;
}

export interface Sources {
  readonly files: readonly Source[];
  /** Files of folders that do not look like FHIR data by their names. */
  readonly leftOut: readonly string[];
}

/** Thrown when a path is not there or a pattern finds nothing. */
export class SourceError extends Error {}

export const standardInput: Source = { path: '-', name: 'standard input', size: 0, identity: '-' };

const dataName = /\.(json|ndjson|jsonl)(\.(gz|bz2))?$/i;

/** Returns the files in the order they are read: as given, those of a folder by name, each once. Throws SourceError. */
export const findSources = async (given: readonly string[], cwd: string): Promise<Sources> => {
  const files = new Map<string, Source>();
  const leftOut: string[] = [];
  for (const word of given) {
    for (const path of await expand(word, cwd)) {
      const found = path === '-' ? [standardInput] : await filesAt(path, { word, leftOut, cwd });
      for (const source of found.filter((one) => !files.has(one.path))) files.set(source.path, source);
    }
  }
  return { files: [...files.values()], leftOut };
};

const expand = async (word: string, cwd: string): Promise<readonly string[]> => {
  if (word === '-') return ['-'];
  const path = resolve(cwd, word);
  if (!isPattern(word) || (await kindOf(path)) !== undefined) return [path];
  const found = await expandPattern(path);
  if (found.length === 0) throw new SourceError(`No file matches ${word}.`);
  return found;
};

const kindOf = async (path: string): Promise<'file' | 'folder' | undefined> => {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? undefined : found.isDirectory() ? 'folder' : 'file';
};

interface Finding {
  readonly word: string;
  readonly leftOut: string[];
  readonly cwd: string;
}

const filesAt = async (path: string, finding: Finding): Promise<Source[]> => {
  const kind = await kindOf(path);
  if (kind === undefined) throw new SourceError(`There is no file or folder ${finding.word}.`);
  if (kind === 'file') return [await sourceAt(path, finding)];
  const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  const sources: Source[] = [];
  for (const entry of entries) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) sources.push(...(await filesAt(inside, finding)));
    else if (dataName.test(entry.name)) sources.push(await sourceAt(inside, finding));
    else finding.leftOut.push(shown(inside, finding));
  }
  return sources;
};

const shown = (path: string, { cwd }: Finding): string => (path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path);

const sourceAt = async (path: string, finding: Finding): Promise<Source> => {
  const real = await realpath(path);
  const { size, mtimeMs } = await stat(real);
  const identity = createHash('sha256').update(JSON.stringify([real, size, mtimeMs])).digest('base64url').slice(0, 22);
  return { path: real, name: basename(path) === path ? path : shown(path, finding), size, identity };
};
