/**
 * LOINC as published (https://loinc.org/file-access/): Loinc.csv, the component hierarchy and the answer lists, as the
 * code system of https://hl7.org/fhir/R4/loinc.html
 */
import { makeBreather } from '../../core/breathe.js';
import type { ConceptProperty, Designation } from '../resource.js';
import { writeConceptFile, type FileConcept } from '../file/write.js';
import { columnsOf, csvRows, ImportFault } from './lines.js';

export const loincUrl = 'http://loinc.org';

export interface LoincFiles {
  /** Loinc.csv */
  readonly table: string;
  /** ComponentHierarchyBySystem.csv */
  readonly hierarchy?: string | undefined;
  /** AnswerList.csv */
  readonly answers?: string | undefined;
}

export interface ImportOptions {
  readonly version: string;
  /** Path of the file to write. */
  readonly to: string;
  readonly report?: ((share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Concept {
  display: string;
  inactive: boolean;
  readonly parents: string[];
  readonly designation: Designation[];
  readonly property: ConceptProperty[];
}

/** Columns that are properties of the code system. */
const properties = ['COMPONENT', 'PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP', 'METHOD_TYP', 'CLASS', 'CLASSTYPE', 'STATUS', 'ORDER_OBS', 'UNITSREQUIRED', 'EXAMPLE_UCUM_UNITS', 'VersionLastChanged', 'VersionFirstReleased'];
const names = ['SHORTNAME', 'CONSUMER_NAME', 'DisplayName'];
const codeForm = /^(?:LP|LA|LL)?\d+-\d$/;

/** Writes the file; returns how many concepts it has. Throws an ImportFault for files that are not what they should be. */
export const importLoinc = async (files: LoincFiles, { version, to, report, signal }: ImportOptions): Promise<number> => {
  const concepts = new Map<string, Concept>();
  await readTable(files.table, concepts, signal);
  if (files.hierarchy !== undefined) await readHierarchy(files.hierarchy, concepts, signal);
  if (files.answers !== undefined) await readAnswers(files.answers, concepts, signal);
  const codes = [...concepts.keys()].sort();
  const concept = (at: number): FileConcept => concepts.get(codes[at] ?? '') ?? blank();
  await writeConceptFile(to, { url: loincUrl, version, name: 'LOINC', codes, concept, report, breathe: breatheUntil(signal) });
  return codes.length;
};

/** Returns what is awaited between steps; it throws once the signal is aborted. */
export const breatheUntil = (signal: AbortSignal | undefined): (() => Promise<void>) => {
  const breathe = makeBreather();
  return async () => {
    signal?.throwIfAborted();
    await breathe();
  };
};

const blank = (): Concept => ({ display: '', inactive: false, parents: [], designation: [], property: [] });

const added = (concepts: Map<string, Concept>, code: string): Concept => {
  const known = concepts.get(code);
  if (known !== undefined) return known;
  const concept = blank();
  concepts.set(code, concept);
  return concept;
};

interface Table {
  readonly path: string;
  readonly needed: readonly string[];
  readonly signal: AbortSignal | undefined;
}

const each = async ({ path, needed, signal }: Table, take: (value: (name: string) => string) => void): Promise<void> => {
  let column: ReturnType<typeof columnsOf> | undefined;
  for await (const row of csvRows(path)) {
    signal?.throwIfAborted();
    if (column === undefined) column = columnsOf(path, row, needed);
    else {
      const read = column;
      take((name) => read(row, name));
    }
  }
};

const readTable = async (path: string, concepts: Map<string, Concept>, signal: AbortSignal | undefined): Promise<void> => {
  await each({ path, needed: ['LOINC_NUM', 'COMPONENT', 'LONG_COMMON_NAME', 'STATUS'], signal }, (value) => {
    const code = value('LOINC_NUM');
    if (!codeForm.test(code)) throw new ImportFault(`${path} has "${code.slice(0, 40)}" where a LOINC code should be.`);
    const concept = added(concepts, code);
    concept.display = value('LONG_COMMON_NAME');
    concept.inactive = value('STATUS') === 'DEPRECATED';
    for (const name of properties) if (value(name) !== '') concept.property.push({ code: name, valueString: value(name) });
    concept.property.push({ code: 'copyright', valueString: value('EXTERNAL_COPYRIGHT_NOTICE') === '' ? 'LOINC' : '3rdParty' });
    for (const name of names) if (value(name) !== '') concept.designation.push({ language: 'en', use: { system: loincUrl, code: name }, value: value(name) });
  });
};

const readHierarchy = async (path: string, concepts: Map<string, Concept>, signal: AbortSignal | undefined): Promise<void> => {
  await each({ path, needed: ['IMMEDIATE_PARENT', 'CODE', 'CODE_TEXT'], signal }, (value) => {
    const [code, parent] = [value('CODE'), value('IMMEDIATE_PARENT')];
    if (!codeForm.test(code)) return;
    const concept = added(concepts, code);
    if (concept.display === '') concept.display = value('CODE_TEXT');
    if (!codeForm.test(parent)) return;
    added(concepts, parent);
    if (!concept.parents.includes(parent)) concept.parents.push(parent);
  });
};

const readAnswers = async (path: string, concepts: Map<string, Concept>, signal: AbortSignal | undefined): Promise<void> => {
  await each({ path, needed: ['AnswerListId', 'AnswerStringId', 'DisplayText'], signal }, (value) => {
    const [list, answer] = [value('AnswerListId'), value('AnswerStringId')];
    if (!codeForm.test(list) || !codeForm.test(answer)) return;
    const concept = added(concepts, answer);
    if (concept.display === '') concept.display = value('DisplayText');
    concept.property.push({ code: 'answer-list', valueCode: list });
  });
};
