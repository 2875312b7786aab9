/** The conformance page: what of the specification is held by which case, generated from the cases themselves. */
import type { CaseFile, Step } from '../../test/spec/case.js';
import { caseOf, specTables, type Held, type SpecTable } from '../../test/spec/rows.js';
import { makeRegistry } from '../../src/search/registry.js';

/** A case file with its name. */
export interface Located extends CaseFile {
  /** `read.yaml` */
  readonly name: string;
}

/** A link to the file of a case that says its title; no line, so that the page changes only when the cases do. */
const linkOf = ({ name, cases }: Located, index: number): string => `../test/spec/${name} "${(cases[index]?.title ?? '').replaceAll('"', "'").replaceAll('|', '\\|')}"`;

const list = (file: Located): string => {
  const items = file.cases.map(({ title, env }) => `- ${title}${env === undefined ? '' : ` (${Object.entries(env).map((pair) => `\`${pair.join('=')}\``).join(', ')})`}`);
  return `## ${file.section}\n[The specification](${file.link}), [${String(file.cases.length)} cases](../test/spec/${file.name})\n\n${items.join('\n')}\n`;
};

const types = ['number', 'date', 'string', 'token', 'reference', 'composite', 'quantity', 'uri'] as const;
const modifiers = ['', ':missing', ':exact', ':contains', ':text', ':not', ':of-type', ':identifier', ':[type]', ':above', ':below', ':in', ':not-in'];
const prefixes = ['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'];

const registry = makeRegistry();
const searchForm = /^GET \/([A-Z][A-Za-z]+)\?(.+)$/;
const prefixForm = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)(?=[-\d$])/;

/** Returns what a request line searches by: `date :missing` and `date ge`, in the words of the tables. */
const usesOf = (request: string): string[] => {
  const [, type = '', query = ''] = searchForm.exec(request) ?? [];
  return query.split('&').flatMap((part) => {
    const [name = '', value = ''] = part.split('=');
    const [code = '', modifier] = name.split(':');
    const kind = registry.parametersOf(type).get(code)?.type;
    if (kind === undefined || name.includes('.') || code.startsWith('_')) return [];
    const said = modifier === undefined ? '' : /^[A-Z]/.test(modifier) ? ':[type]' : `:${modifier}`;
    return [`${kind} modifier ${said}`, `${kind} prefix ${prefixForm.exec(value)?.[1] ?? ''}`];
  });
};

const isAnswered = ({ expect }: Step): boolean => (typeof expect === 'object' ? expect.status === undefined || expect.status === 200 : Number(String(expect).split(' ')[0]) === 200);

/** Returns the case of each use: of the type's own file where there is one, it explains it best. */
const firstUses = (files: readonly Located[]): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  const own = new Map<string, string>();
  for (const file of files) {
    for (const [index, { steps }] of file.cases.entries()) {
      for (const use of steps.filter(isAnswered).flatMap(({ request = '' }) => usesOf(request))) {
        const into = file.name === `search-${use.split(' ')[0] ?? ''}.yaml` ? own : found;
        if (!into.has(use)) into.set(use, linkOf(file, index));
      }
    }
  }
  return new Map([...found, ...own]);
};

const table = (title: string, columns: readonly string[], cell: (type: string, column: string) => string): string => {
  const head = `| ${title} | ${columns.map((column) => (column === '' ? 'none' : `\`${column}\``)).join(' | ')} |`;
  const rows = types.map((type) => `| ${type} | ${columns.map((column) => cell(type, column)).join(' | ')} |`);
  return [head, `|${'---|'.repeat(columns.length + 1)}`, ...rows].join('\n');
};

const matrix = (files: readonly Located[]): string => {
  const uses = firstUses(files);
  const cellOf = (what: string) => (type: string, column: string): string => { const link = uses.get(`${type} ${what} ${column}`); return link === undefined ? '' : `[case](${link})`; };
  return `## Search: types, modifiers and prefixes\nEach cell leads to a case in which a search of this form is answered; an empty one has none.\n\n${table('modifier', modifiers, cellOf('modifier'))}\n\n${table('prefix', prefixes, cellOf('prefix'))}\n`;
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** Throws for a row whose case is not there. */
const rowLink = (files: readonly Located[], held: Held): string => {
  const named = caseOf(held);
  if (named === undefined) return cell(held.slice(1));
  const file = files.find(({ name }) => name === named.file);
  const index = file?.cases.findIndex(({ title }) => title === named.title) ?? -1;
  if (file === undefined || index < 0) throw new Error(`test/spec/rows.ts: there is no case "${named.title}" in ${named.file}`);
  return `[case](${linkOf(file, index)})`;
};

/** Rows of one case, or not done for one reason, stand together. */
const specTable = (files: readonly Located[], { name, anchor, rows }: SpecTable): string => {
  const together = new Map<Held, string[]>();
  for (const [row, held] of rows) together.set(held, [...together.get(held) ?? [], row]);
  const lines = [...together].map(([held, of]) => `| ${of.map((row) => `\`${cell(row)}\``).join(' ')} | ${rowLink(files, held)} |`);
  return `### [${name}](https://hl7.org/fhir/R4/search${anchor === 'filter' ? '_filter.html' : `.html#${anchor}`})\n| row | held by |\n|---|---|\n${lines.join('\n')}\n`;
};

const specRows = (files: readonly Located[]): string => `## Search: the tables of the specification\nEach row of them leads to the case that holds it; a row without one says why.\n\n${specTables.map((one) => specTable(files, one)).join('\n')}`;

/** Returns the page as Markdown. */
export const conformancePage = (files: readonly Located[]): string => {
  const count = files.reduce((sum, { cases }) => sum + cases.length, 0);
  const head = `# Conformance\n${String(count)} cases in ${String(files.length)} sections say what of FHIR R4 this server does. Each is run over HTTP on every engine by \`npm test\`.\nThis page is generated from them: \`npm run build && node dist/scripts/conformance/write.js\`.\n`;
  return [head, matrix(files), specRows(files), ...files.map(list)].join('\n');
};
