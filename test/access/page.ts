/** The page docs/security-cases.md: every case of sections B to F and I of the security design, and where it is held, or why there is nothing to hold. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.js';
import { sections } from './sections.js';

/** How many cases a section of the design has, and what it is about. */
const design: readonly (readonly [section: string, count: number, about: string])[] = [
  ['B', 34, 'Reading and searching past the compartment'], ['C', 26, 'Writing'], ['D', 8, 'History and versions'], ['E', 22, 'Operations, asynchronous work, GraphQL, subscriptions'],
  ['F', 11, 'Binary, attachments, narrative, content types'], ['I', 10, 'Audit, break-glass, administration'],
];

/** What is not built yet. Its cases hold that the way in is closed: refused, without a word of the record. */
const noDoor: Readonly<Record<string, string>> = {
  E2: '$export', E3: '$export', E4: 'jobs', E5: 'files of exports', E6: '$export', E7: '$export', E8: 'GraphQL', E11: 'delivery of Subscriptions', E12: 'delivery of Subscriptions', E13: 'delivery of Subscriptions', E14: 'delivery of Subscriptions',
  E15: 'delivery of Subscriptions', E17: 'delivery of Subscriptions', E18: 'delivery of Subscriptions', E21: 'websockets', E22: 'jobs',
};

/** Cases that no test is about, and why. */
const nothingToHold: Readonly<Record<string, string>> = {
  D8: 'nothing removes the history of a resource, so none can be asked for (D7 holds that)',
};

/** Cases held by a file of their own. */
const elsewhere: Readonly<Record<string, string>> = { B3: 'every way into the compartment times every row of the route table (`test/feature/access/matrix.test.ts`)' };

const testFiles = (folder: string): string[] => readdirSync(folder, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? testFiles(join(folder, each.name)) : each.name.endsWith('.test.ts') ? [join(folder, each.name)] : []));

/** Cases of the audit stand in its own tests, by their ids. */
const audited: Readonly<Record<string, string>> = {
  I1: 'records are made by the server alone, whoever asks', I2: 'records are found by whom they are about', I3: 'one record for each patient that a search shows', I4: 'a record says who, from where, and by which token', I5: 'refusals are recorded',
  I6: 'break-glass: a reason, a time, a mark in the record', I7: 'what is changed behind the server is found out', I8: 'where people sign in the audit cannot be switched off', I9: 'the accounting of disclosures says who, when, what and why', I10: 'the administration is for administrators',
};

/** Returns the ids that stand in a file of tests. */
const namedIds = (): ReadonlySet<string> =>
  new Set(testFiles(join(packageRoot, 'test')).flatMap((file) => readFileSync(file, 'utf8').match(/\bI[0-9]{1,2}\b/g) ?? []));

const idOf = (section: string, number: number): string => (section === 'F' ? `F-${String(number)}` : `${section}${String(number)}`);

const titles = new Map(Object.values(sections).flat().map(({ id, title }) => [id, title]));

/** Returns what the table says of a case. */
const heldBy = (id: string): string | undefined => {
  const own = titles.get(id) ?? elsewhere[id] ?? audited[id] ?? nothingToHold[id];
  return own === undefined || noDoor[id] === undefined ? own : `${own} (no such door yet: ${noDoor[id]})`;
};

const idsOf = (section: string, count: number): string[] => Array.from({ length: count }, (_, at) => idOf(section, at + 1));

const allIds = (): string[] => design.flatMap(([section, count]) => idsOf(section, count));

/** Returns the ids that tests must hold on every engine. */
export const heldIds = (): string[] => allIds().filter((id) => !(id in nothingToHold));

/** Returns the ids of the design that no test holds and no reason excuses. */
export const unheld = (): string[] => {
  const named = namedIds();
  return allIds().filter((id) => heldBy(id) === undefined || (id in audited && !named.has(id) && !(id in nothingToHold)));
};

/** What has no door yet, with the cases that hold it shut until it has: they come again with the door. */
const closedDoors = (): string[] => {
  const doors = [...new Set(Object.values(noDoor))];
  return doors.map((door) => `| ${door} | ${Object.keys(noDoor).filter((id) => noDoor[id] === door).join(', ')} |`);
};

/** Returns the text of the page. */
export const page = (): string => {
  const parts = design.map(([section, count, about]) => {
    const rows = idsOf(section, count).map((id) => `| ${id} | ${heldBy(id) ?? 'NOT HELD'} |`);
    return [`## ${section}. ${about}`, '| case | what holds |', '|---|---|', ...rows].join('\n');
  });
  return [
    '# Cases of the security design', '',
    'What the server must not tell or do, case by case. Sections B to F are `test/access/section-*.ts`, run over HTTP on the embedded engine and on MongoDB; each case also holds that every access',
    'in it left its record in the audit and that no log was told health data; section I stands in `test/feature/audit`. `npm test` fails when no test of a case has passed on the embedded engine,',
    '`npm run test:mongo` when none has on MongoDB, where it also runs the whole matrix of B3 and the suites of consents, labels, break-glass, standing, work and explanations. Cases with a word for a number are beside them. Beside them stand the two-world test (`test/two-world`: servers that',
    'look the same to a token answer the same), the timing of what is hidden against what is absent, and the sensitivity proof (`test/sensitivity`: each guard is taken out, and a case must fail).', '',
    'Under `REFERENTIAL_INTEGRITY=enforce` only what the viewer sees keeps a resource from being deleted (`test/feature/access/write.test.ts`): what is hidden may refer to nothing afterwards.', '',
    'This page is written by `node dist/test/access/write-page.js`; a test holds it to the cases.', '',
    parts.join('\n\n'), '',
    '## Not there yet',
    'These cases are about ways in that are not built. Until they are, what is held is that they are shut: refused, without a word of the record. Their full form comes with what they are about.', '',
    '| way in | cases |', '|---|---|', ...closedDoors(), '',
  ].join('\n');
};
