/** The data dictionary and the entity-relationship diagram of the README, made from the profiles so that they are written once. */
import { ownStructures } from '../../src/fhir/profile/own.js';

interface Element {
  readonly id: string;
  readonly path: string;
  readonly short?: string;
  readonly min?: number;
  readonly mapping?: readonly { readonly identity: string; readonly map: string }[];
  readonly type?: readonly { readonly code: string; readonly targetProfile?: readonly string[] }[];
}

interface Structure {
  readonly title: string;
  readonly type: string;
  readonly differential: { readonly element: readonly Element[] };
}

const structures = (): readonly Structure[] => ownStructures() as unknown as Structure[];
const last = (text: string): string => text.slice(text.lastIndexOf('/') + 1);

interface Row {
  readonly owner: string;
  readonly field: string;
  readonly place: string;
}

const rowsOf = ({ differential }: Structure): Row[] =>
  differential.element.flatMap(({ path, id, short, mapping = [] }) => mapping.map(({ map }) => {
    const [owner = '', field = ''] = map.split('.');
    const slice = /:([^.]+)/.exec(id)?.[1];
    return { owner, field, place: `\`${path}\`${slice === undefined ? '' : ` (${slice})`}${short === undefined ? '' : `: ${short}`}` };
  }));

/** Returns a table: each class and field of the backend, and where FHIR has it. */
export const dictionary = (): string => {
  const rows = structures().flatMap(rowsOf);
  const owners = [...new Set(rows.map(({ owner }) => owner))].sort();
  const fieldsOf = (owner: string): string[] => [...new Set(rows.filter((row) => row.owner === owner).map(({ field }) => field))];
  const lines = owners.flatMap((owner) => fieldsOf(owner).map((field) => `| ${owner} | ${field} | ${rows.filter((row) => row.owner === owner && row.field === field).map(({ place }) => place).join('; ')} |`));
  return ['| class | field | FHIR R4 |', '|---|---|---|', ...lines].join('\n');
};

const mostDrawn = 4;

/** Returns the diagram: who refers to whom by the elements of the profiles; those that may refer to many types are drawn to the first few. */
export const diagram = (): string => {
  const edges = structures().flatMap(({ type, differential }) => differential.element.flatMap(({ path, min = 0, type: types = [] }) => {
    const targets = types.flatMap(({ code, targetProfile = [] }) => (code === 'Reference' ? targetProfile.map(last) : [])).filter((target) => target !== 'Resource');
    return targets.slice(0, mostDrawn).map((target) => `  ${target} ${min > 0 && targets.length === 1 ? '||' : '|o'}--o{ ${type} : "${path.slice(type.length + 1)}"`);
  }));
  return ['```mermaid', 'erDiagram', ...new Set(edges), '```'].join('\n');
};

