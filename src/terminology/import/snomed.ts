/**
 * SNOMED CT in Release Format 2 (https://confluence.ihtsdotools.org/display/DOCRELFMT): snapshots of concepts,
 * descriptions, relationships and language reference sets, as the code system of https://hl7.org/fhir/R4/snomedct.html
 */
import type { ConceptProperty, Designation } from '../resource.js';
import { writeConceptFile, type FileConcept } from '../file/write.js';
import { refsetProperty } from '../local/ecl/evaluate.js';
import { breatheUntil, type ImportOptions } from './loinc.js';
import { columnsOf, ImportFault, tabRows } from './lines.js';
import { makePackedLists, type PackedLists } from './packed-lists.js';

export const snomedUrl = 'http://snomed.info/sct';

export interface SnomedFiles {
  readonly concepts: readonly string[];
  readonly descriptions: readonly string[];
  readonly relationships: readonly string[];
  readonly languages: readonly string[];
  /** Reference sets of every kind; those of descriptions name no concepts. */
  readonly refsets: readonly string[];
}

const isA = '116680003';
const fullySpecified = '900000000000003001';
const synonym = '900000000000013009';
const preferred = '900000000000548007';
const defined = '900000000000073002';
/** Of several language reference sets that of US English decides; it is in every edition. */
const usEnglish = '900000000000509007';

const sctid = /^\d{6,18}$/;

/** Writes the file; returns how many concepts it has. Throws an ImportFault for files that are not what they should be. */
export const importSnomed = async (files: SnomedFiles, { version, to, report, signal }: ImportOptions): Promise<number> => {
  const { codes, states } = await readConcepts(files.concepts, signal);
  const positions = new Map(codes.map((code, at) => [code, at]));
  const chosen = await readPreferred(files.languages, signal);
  const [texts, links, refsets] = [makePackedLists(codes.length), makePackedLists(codes.length), makePackedLists(codes.length)];
  await readDescriptions(files.descriptions, { positions, chosen, texts }, signal);
  await readRelationships(files.relationships, { positions, links }, signal);
  await readRefsets(files.refsets, { positions, refsets }, signal);
  const concept = (at: number): FileConcept => conceptOf({ state: states.get(codes[at] ?? '') ?? '', texts: texts.of(at), links: links.of(at), refsets: refsets.of(at) });
  await writeConceptFile(to, { url: snomedUrl, version, name: 'SNOMED CT', codes, concept, report, breathe: breatheUntil(signal) });
  return codes.length;
};

const each = async (paths: readonly string[], { needed, signal }: { readonly needed: readonly string[]; readonly signal: AbortSignal | undefined }, take: (value: (name: string) => string, path: string) => void): Promise<void> => {
  for (const path of paths) {
    let column: ReturnType<typeof columnsOf> | undefined;
    for await (const row of tabRows(path)) {
      signal?.throwIfAborted();
      if (column === undefined) column = columnsOf(path, row, needed);
      else {
        const read = column;
        take((name) => read(row, name), path);
      }
    }
  }
};

/** `1` or `0` for active, `d` when it is fully defined, then the module. */
const readConcepts = async (paths: readonly string[], signal: AbortSignal | undefined): Promise<{ readonly codes: string[]; readonly states: ReadonlyMap<string, string> }> => {
  const states = new Map<string, string>();
  await each(paths, { needed: ['id', 'active', 'moduleId', 'definitionStatusId'], signal }, (value, path) => {
    const id = value('id');
    if (!sctid.test(id)) throw new ImportFault(`${path} has "${id.slice(0, 40)}" where a concept id should be.`);
    states.set(id, `${value('active')}${value('definitionStatusId') === defined ? 'd' : 'p'}${value('moduleId')}`);
  });
  return { codes: [...states.keys()].sort(), states };
};

/** Returns a test for the ids of preferred descriptions. */
const readPreferred = async (paths: readonly string[], signal: AbortSignal | undefined): Promise<(id: string) => boolean> => {
  const [us, other]: [string[], string[]] = [[], []];
  await each(paths, { needed: ['active', 'refsetId', 'referencedComponentId', 'acceptabilityId'], signal }, (value) => {
    if (value('active') !== '1' || value('acceptabilityId') !== preferred) return;
    (value('refsetId') === usEnglish ? us : other).push(value('referencedComponentId'));
  });
  // As numbers of 64 bits: a set of a million texts would take more memory than all else.
  const ids = BigUint64Array.from((us.length > 0 ? us : other).filter((id) => sctid.test(id)).map((id) => BigInt(id))).sort();
  return (id) => {
    const wanted = BigInt(id);
    let [low, high] = [0, ids.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = ids[middle] ?? 0n;
      if (found === wanted) return true;
      if (found < wanted) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  };
};

interface Describing {
  readonly positions: ReadonlyMap<string, number>;
  readonly chosen: (id: string) => boolean;
  readonly texts: PackedLists;
}

/** Kept as kind (`f`ully specified, `p`referred, `s`ynonym), language, tab, term. */
const readDescriptions = async (paths: readonly string[], { positions, chosen, texts }: Describing, signal: AbortSignal | undefined): Promise<void> => {
  await each(paths, { needed: ['id', 'active', 'conceptId', 'languageCode', 'typeId', 'term'], signal }, (value) => {
    const at = positions.get(value('conceptId'));
    const type = value('typeId');
    if (value('active') !== '1' || at === undefined || (type !== fullySpecified && type !== synonym)) return;
    const id = value('id');
    const kind = type === fullySpecified ? 'f' : sctid.test(id) && chosen(id) ? 'p' : 's';
    texts.add(at, `${kind}${value('languageCode')}\t${value('term')}`);
  });
};

/** Kept as type, destination, group. */
const readRelationships = async (paths: readonly string[], { positions, links }: { readonly positions: ReadonlyMap<string, number>; readonly links: PackedLists }, signal: AbortSignal | undefined): Promise<void> => {
  await each(paths, { needed: ['active', 'sourceId', 'destinationId', 'relationshipGroup', 'typeId'], signal }, (value) => {
    const at = positions.get(value('sourceId'));
    if (value('active') === '1' && at !== undefined) links.add(at, `${value('typeId')} ${value('destinationId')} ${value('relationshipGroup')}`);
  });
};

/** Kept as the ids of the reference sets; a map has a row for each target. */
const readRefsets = async (paths: readonly string[], { positions, refsets }: { readonly positions: ReadonlyMap<string, number>; readonly refsets: PackedLists }, signal: AbortSignal | undefined): Promise<void> => {
  await each(paths, { needed: ['active', 'refsetId', 'referencedComponentId'], signal }, (value, path) => {
    const at = positions.get(value('referencedComponentId'));
    if (value('active') !== '1' || at === undefined) return;
    const id = value('refsetId');
    if (!sctid.test(id)) throw new ImportFault(`${path} has "${id.slice(0, 40)}" where the id of a reference set should be.`);
    refsets.add(at, id);
  });
};

interface Raw {
  readonly state: string;
  readonly texts: readonly string[];
  readonly links: readonly string[];
  readonly refsets: readonly string[];
}

const conceptOf = ({ state, texts, links, refsets }: Raw): FileConcept => {
  const named = texts.map((text) => {
    const tab = text.indexOf('\t');
    return { kind: text.charAt(0), language: text.slice(1, tab), term: text.slice(tab + 1) };
  });
  const related = links.map((link) => link.split(' '));
  const attributes = related.filter(([type]) => type !== isA);
  const display = named.find(({ kind }) => kind === 'p') ?? named.find(({ kind }) => kind === 'f') ?? named[0];
  const property: ConceptProperty[] = [
    { code: 'inactive', valueBoolean: !state.startsWith('1') }, { code: 'sufficientlyDefined', valueBoolean: state.charAt(1) === 'd' }, { code: 'moduleId', valueCode: state.slice(2) },
    ...attributes.map(([type = '', to]): ConceptProperty => ({ code: type, valueCode: to })),
  ];
  return {
    index: refsets.map((id) => [refsetProperty, id] as const), groups: attributes.map(([type = '', to = '', group]) => [Number(group), type, to] as const),
    display: display?.term ?? '', inactive: !state.startsWith('1'), property,
    parents: related.filter(([type]) => type === isA).map(([, to = '']) => to),
    designation: named.filter((one) => one !== display).map(({ kind, language, term }): Designation => ({
      language, value: term, use: { system: snomedUrl, code: kind === 'f' ? fullySpecified : synonym, display: kind === 'f' ? 'Fully specified name' : 'Synonym' },
    })),
  };
};
