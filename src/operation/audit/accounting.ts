/**
 * Patient/$accounting-of-disclosures: every access by others and every export over six years or a time that is asked for, to be taken away
 * as FHIR or as a table (45 CFR 164.528; 170.315(d)(11)).
 */
import { FhirError } from '../../core/error.js';
import { toInstant } from '../../core/clock.js';
import type { Context } from '../../interaction/context.js';
import { notYetThere } from '../../interaction/audit-index.js';
import { usualYears } from '../../interaction/audit-retention.js';
import type { Operation } from '../../interaction/service.js';
import { answerPart, parametersText, readParameters, type OperationParameters, type ParameterRules } from '../parameters.js';
import { accessesTo, completeUntil, exportsOf, findable, type Access } from './access.js';
import { ownPatient, partsOf } from './who-saw.js';
import { languageOf, wordsOf, type WordLanguage } from './words.js';

const rules: ParameterRules = { start: { kind: 'dateTime' }, end: { kind: 'dateTime' }, format: { kind: 'text' }, language: { kind: 'text' } };
const most = 50_000;

/** Parameters with one `disclosure` for each, or with `format=csv` a Binary of a table. */
export const accountingOfDisclosures: Operation = {
  name: 'accounting-of-disclosures',
  definition: 'https://concierge-fhir.example.org/OperationDefinition/Patient-accounting-of-disclosures',
  levels: ['instance'],
  types: ['Patient'],
  affectsState: false,
  parameters: Object.keys(rules),
  permissions: ['r'],
  handle: async (context) => {
    const given = readParameters(context, rules);
    const format = given.text('format') ?? 'fhir';
    if (format !== 'fhir' && format !== 'csv') throw new FhirError('invalid-parameter', 'format is fhir or csv.', given.placeOf('format'));
    const language = languageOf(given.text('language'));
    const patient = await ownPatient(context);
    const period = periodOf(context, given);
    const until = await findable(context);
    // A table says nothing of what is missing in it.
    if (until !== undefined && format === 'csv') throw notYetThere();
    const disclosures = await disclosuresOf(context, patient, period);
    const body = format === 'csv'
      ? JSON.stringify({ resourceType: 'Binary', contentType: 'text/csv; charset=utf-8', data: Buffer.from(tableOf(disclosures, language)).toString('base64') })
      : parametersText([
        ...completeUntil(until), ...answerPart('patient', 'valueReference', { reference: `Patient/${patient}` }), ...answerPart('period', 'valuePeriod', { start: toInstant(period.from), end: toInstant(period.to) }),
        ...answerPart('count', 'valueInteger', disclosures.length), ...disclosures.map((access) => ({ name: 'disclosure', part: partsOf(access, language) })),
      ]);
    return { status: 200, body };
  },
};

interface Span {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

const periodOf = ({ service: { clock } }: Context, given: OperationParameters): Span => {
  const momentOf = (name: 'start' | 'end', fallback: number): number => {
    const text = given.text(name);
    const at = text === undefined ? fallback : /^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text) ? Date.parse(name === 'end' && text.length === 10 ? `${text}T23:59:59.999Z` : text) : Number.NaN;
    if (Number.isNaN(at)) throw new FhirError('invalid-parameter', `${name} is a date such as 2026-01-31, or a moment with its time zone.`, given.placeOf(name));
    return at;
  };
  const sixYearsAgo = new Date(clock.now());
  sixYearsAgo.setUTCFullYear(sixYearsAgo.getUTCFullYear() - usualYears);
  return { from: momentOf('start', sixYearsAgo.getTime()), to: momentOf('end', clock.now()) };
};

/** What the patient looked at is told to nobody else. A copy of everything has a record in it from the day it was made. */
const disclosuresOf = async (context: Context, patient: string, { from, to }: Span): Promise<readonly Access[]> => {
  const made = (await context.service.store.read({ type: 'Patient', id: patient }, 1))?.updated ?? 0;
  const accesses = await within(accessesTo(context, patient), { from, to });
  const copies = await within(exportsOf(context), { from: Math.max(from, made), to });
  return [...accesses.filter(({ person }) => person?.reference !== `Patient/${patient}`), ...copies].sort((a, b) => b.when.localeCompare(a.when));
};

/** Takes what lies in the time of what comes the newest first. */
const within = async (accesses: AsyncIterable<Access>, { from, to }: Span): Promise<Access[]> => {
  const taken: Access[] = [];
  for await (const access of accesses) {
    const at = Date.parse(access.when);
    if (at < from) break;
    if (at <= to) taken.push(access);
    if (taken.length > most) throw new FhirError('too-costly', `There are more than ${String(most)} accesses; ask for a shorter time with start and end.`, { location: 'http.start' });
  }
  return taken;
};

const columns = ['when', 'what happened', 'person', 'organization', 'app', 'action', 'what', 'purpose', 'reason', 'emergency', 'record'] as const;

const tableOf = (disclosures: readonly Access[], language: WordLanguage): string => [columns, ...disclosures.map((access) => rowOf(access, language))].map((cells) => `${cells.map(cellOf).join(',')}\r\n`).join('');

const rowOf = (access: Access, language: WordLanguage): readonly string[] => {
  const { when, person, app = '', action, what, purposes, reason = '', emergency, event } = access;
  return [when, wordsOf(access, language), person?.name ?? person?.reference ?? '', person?.organization ?? '', app, action, what.join(' '), purposes.join(' '), reason, emergency ? 'yes' : '', event];
};

/** RFC 4180; a cell that a spreadsheet would take for a formula is marked as text. */
const cellOf = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
