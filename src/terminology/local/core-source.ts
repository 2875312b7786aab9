/**
 * The code systems, value sets and concept maps of FHIR R4 itself (https://hl7.org/fhir/R4/terminologies-systems.html),
 * laid out by scripts/definitions/terminology.ts. The index is read at the first question, each resource when asked for.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/package-root.js';
import { hasConcepts, type TerminologyResources, type TerminologyType } from '../resource.js';
import type { TerminologySource } from './source.js';

type Row = readonly [type: string, url: string, version: string, offset: number, length: number, content?: string, supplements?: string];

const path = (name: string): string => join(packageRoot, 'generated', name);

/** Returns the source; nothing is read before it is asked. */
export const makeCoreSource = (): TerminologySource => {
  let index: ReadonlyMap<string, Row> | undefined;
  const rows = (): ReadonlyMap<string, Row> => {
    index ??= new Map((JSON.parse(readFileSync(path('terminology-index.json'), 'utf8')) as Row[]).map((row) => [`${row[0]} ${row[1]}`, row]));
    return index;
  };
  const read = <T extends TerminologyType>([, , , offset, length]: Row): TerminologyResources[T] => {
    const buffer = Buffer.allocUnsafe(length);
    const file = openSync(path('terminology.ndjson'), 'r');
    try {
      readSync(file, buffer, 0, length, offset);
    } finally {
      closeSync(file);
    }
    return JSON.parse(buffer.toString('utf8')) as TerminologyResources[T];
  };
  const of = (type: TerminologyType): Row[] => [...rows().values()].filter(([own]) => own === type);
  return {
    resources: <T extends TerminologyType>(type: T, url: string) => {
      const row = rows().get(`${type} ${url}`);
      return row === undefined ? [] : [read<T>(row)];
    },
    supplements: (url) => of('CodeSystem').filter((row) => row[6] === url).map((row) => read<'CodeSystem'>(row)),
    conceptMaps: () => of('ConceptMap').map((row) => read<'ConceptMap'>(row)),
    codeSystems: () => of('CodeSystem').filter(([, , , , , content = '']) => hasConcepts(content)).map(([, url, version]) => [url, version] as const),
  };
};

/** The version of the specification, which bindings write after every canonical of its own. */
export const coreVersion = '4.0.1';
