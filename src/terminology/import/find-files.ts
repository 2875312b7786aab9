/** Which of the files an operator names are LOINC's and which are SNOMED CT's. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ImportFault } from './lines.js';
import { importLoinc, loincUrl, type ImportOptions, type LoincFiles } from './loinc.js';
import { importSnomed, snomedUrl, type SnomedFiles } from './snomed.js';

export interface Task {
  readonly url: string;
  readonly name: string;
  readonly version: string;
  readonly run: (options: Omit<ImportOptions, 'version'>) => Promise<number>;
}

export interface FindOptions {
  /** Said by the operator, for releases that do not say it in their names. */
  readonly version?: string | undefined;
  /** SCTID of the SNOMED CT edition. */
  readonly edition?: string | undefined;
}

const international = '900000000000207008';

const filesUnder = (path: string): string[] => {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new ImportFault(`${path} is not there.`);
  if (!status.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
};

/** Returns what there is to import; throws an ImportFault that says what is missing. */
export const findTasks = (paths: readonly string[], options: FindOptions): readonly Task[] => {
  const files = paths.flatMap(filesUnder);
  const tasks = [loincTask(files, options), snomedTask(files, options)].filter((task) => task !== undefined);
  if (tasks.length > 0) return tasks;
  const packed = files.some((file) => file.endsWith('.zip')) ? ' A zip file must be unpacked first.' : '';
  throw new ImportFault(`There is neither a Loinc.csv nor an RF2 snapshot (sct2_Concept_Snapshot...) in ${paths.join(', ')}.${packed}`);
};

const named = (files: readonly string[], form: RegExp): string[] => files.filter((file) => form.test(basename(file)));

const loincTask = (files: readonly string[], { version }: FindOptions): Task | undefined => {
  const [table] = named(files, /^Loinc\.csv$/i);
  if (table === undefined) return undefined;
  const [hierarchy] = named(files, /^(?:ComponentHierarchyBySystem|MultiAxialHierarchy)\.csv$/i);
  const [answers] = named(files, /^AnswerList\.csv$/i);
  const found: LoincFiles = { table, hierarchy, answers };
  const own = version ?? /loinc[_-]?v?(\d+\.\d+)/i.exec(dirname(table))?.[1];
  if (own === undefined) throw new ImportFault(`The version of LOINC is not to be seen in ${dirname(table)}; say it with --version.`);
  return { url: loincUrl, name: 'LOINC', version: own, run: (options) => importLoinc(found, { ...options, version: own }) };
};

const snomedTask = (files: readonly string[], { version, edition }: FindOptions): Task | undefined => {
  const concepts = named(files, /^x?sct2_Concept_Snapshot_.*\.txt$/i);
  const [first] = concepts;
  if (first === undefined) return undefined;
  const found: SnomedFiles = {
    concepts, descriptions: named(files, /^x?sct2_Description_Snapshot[-_].*\.txt$/i), relationships: named(files, /^x?sct2_Relationship_Snapshot_.*\.txt$/i),
    languages: named(files, /^x?der2_cRefset_LanguageSnapshot[-_].*\.txt$/i),
    refsets: named(files, /^x?der2_[a-z]*Refset_.*Snapshot[-_].*\.txt$/i).filter((file) => !/_LanguageSnapshot/i.test(basename(file))),
  };
  if (found.descriptions.length === 0 || found.relationships.length === 0) throw new ImportFault(`Beside ${basename(first)} there must be the snapshots of descriptions and relationships.`);
  const [, space = '', date] = /_Snapshot_([A-Z0-9]+)_(\d{8})\.txt$/i.exec(basename(first)) ?? [];
  const module = edition ?? (space === 'INT' ? international : undefined);
  const own = version ?? (module === undefined || date === undefined ? undefined : `${snomedUrl}/${module}/version/${date}`);
  if (own === undefined) throw new ImportFault(`Which edition of SNOMED CT this is cannot be seen in ${basename(first)}; say its id with --edition.`);
  return { url: snomedUrl, name: 'SNOMED CT', version: own, run: (options) => importSnomed(found, { ...options, version: own }) };
};
