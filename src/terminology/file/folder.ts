/** The folder of imported code systems: DATA_DIR/terminology. */
import { closeSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions } from '../../core/newest.js';
import type { ConceptSystem } from '../local/concept-system.js';
import type { ImportedSystems } from '../local/source.js';
import { openConceptFile, readHeader } from './open.js';
import { NotConcepts } from './read-at.js';
import type { FileHeader } from './layout.js';

const ending = '.concepts';

/** Where the imported code systems of a server are. */
export const terminologyFolder = (dataDir: string): string => join(dataDir, 'terminology');

/** Returns the path of the file for a version of a code system. */
export const conceptFile = (folder: string, { url, version }: Pick<FileHeader, 'url' | 'version'>): string =>
  join(folder, `${`${url.replace(/^https?:\/\//, '')}-${version.replace(url, '')}`.replace(/[^A-Za-z0-9.]+/g, '-').slice(0, 150)}${ending}`);

export interface TerminologyFolder extends ImportedSystems {
  /** Returns whether files came or went since the last call. */
  changed(): boolean;
  /** What is there, for a list. */
  heads(): readonly Pick<FileHeader, 'url' | 'version' | 'name' | 'count'>[];
  /** Names of files that are none of ours or are broken; what they had counts as not loaded. */
  faults(): readonly string[];
}

interface Listed {
  readonly found: readonly Found[];
  readonly faults: readonly string[];
}

interface Found {
  readonly path: string;
  readonly header: FileHeader;
  readonly stamp: string;
}

/** Returns the folder, which need not be there. Files are listed at the first question, and read when their system is asked for. */
export const openTerminologyFolder = (folder: string): TerminologyFolder => {
  let listed: Listed | undefined;
  let stamp: string | undefined;
  const opened = new Map<string, { readonly stamp: string; readonly system: ConceptSystem }>();
  const look = (): Listed => (listed ??= list(folder));
  const files = (): readonly Found[] => look().found;
  return {
    get urls() { return [...new Set(files().map(({ header }) => header.url))]; },
    versions: (url) => files().filter(({ header }) => header.url === url).map(({ header }) => header.version).sort((a, b) => compareVersions(b, a)),
    open: (url, version) => {
      const file = files().find(({ header }) => header.url === url && header.version === version);
      if (file === undefined) throw new Error(`version ${version} of ${url} is not imported`);
      const known = opened.get(file.path);
      if (known?.stamp === file.stamp) return known.system;
      const system = openConceptFile(file.path);
      opened.set(file.path, { stamp: file.stamp, system });
      return system;
    },
    changed: () => {
      const now = stampOf(folder);
      const isNew = stamp !== undefined && stamp !== now;
      stamp = now;
      if (isNew) listed = undefined;
      return isNew;
    },
    heads: () => files().map(({ header }) => header),
    faults: () => look().faults,
  };
};

const stampOf = (path: string): string => {
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined ? '' : `${String(status.mtimeMs)} ${String(status.ino)} ${String(status.size)}`;
};

const list = (folder: string): Listed => {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return { found: [], faults: [] };
  const [found, faults]: [Found[], string[]] = [[], []];
  for (const name of readdirSync(folder).filter((each) => each.endsWith(ending))) {
    const path = join(folder, name);
    const header = tryHeader(path);
    if (header === undefined) faults.push(name);
    else found.push({ path, header, stamp: stampOf(path) });
  }
  return { found, faults };
};

const tryHeader = (path: string): FileHeader | undefined => {
  const file = openSync(path, 'r');
  try {
    return readHeader(file).header;
  } catch (error) {
    if (error instanceof NotConcepts) return undefined;
    throw error;
  } finally {
    closeSync(file);
  }
};
