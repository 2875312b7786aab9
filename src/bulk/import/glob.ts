/** File name patterns for shells that leave them to the program: `*`, `?`, `[...]` and `**` for folders at any depth. */
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';

const special = /[*?[]/;

/** Returns whether the word is a pattern. */
export const isPattern = (word: string): boolean => special.test(word);

/** Returns the files and folders that match the absolute pattern, by name. Names that begin with a dot match only a dot. */
export const expandPattern = async (pattern: string): Promise<string[]> => {
  const [root = '', ...steps] = pattern.split(sep);
  return match(root === '' ? sep : root, steps);
};

const match = async (folder: string, [step, ...rest]: readonly string[]): Promise<string[]> => {
  if (step === undefined) return [folder];
  if (step === '**') return [...(await match(folder, rest)), ...(await below(folder, ['**', ...rest]))];
  if (!special.test(step)) return match(join(folder, step), rest);
  const form = toRegExp(step);
  const names = (await entriesOf(folder)).filter(({ name, isFolder }) => form.test(name) && (rest.length === 0 || isFolder));
  return (await Promise.all(names.map(({ name }) => match(join(folder, name), rest)))).flat();
};

const below = async (folder: string, steps: readonly string[]): Promise<string[]> => {
  const folders = (await entriesOf(folder)).filter(({ name, isFolder }) => isFolder && !name.startsWith('.'));
  return (await Promise.all(folders.map(({ name }) => match(join(folder, name), steps)))).flat();
};

const entriesOf = async (folder: string): Promise<{ name: string; isFolder: boolean }[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() })).sort((a, b) => (a.name < b.name ? -1 : 1));
};

const toRegExp = (step: string): RegExp => {
  const body = step.replace(/\[!?[^\]]+\]|[*?]|[.+^${}()|[\]\\]/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    return part.length > 1 ? part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\') : `\\${part}`;
  });
  return new RegExp(`^${step.startsWith('.') ? '' : '(?!\\.)'}${body}$`, 'u');
};
