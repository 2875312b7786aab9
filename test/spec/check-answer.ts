/** Decides whether an answer is the expected one, and what must be true of every answer whatever a case says. */
import type { Answer } from '../support/http.js';
import type { Expectation } from './case.js';
import { differences, type Differences } from './match.js';

/** http://hl7.org/fhir/R4/valueset-issue-type.html */
const issueTypes = new Set(['invalid', 'structure', 'required', 'value', 'invariant', 'security', 'login', 'unknown', 'expired', 'forbidden', 'suppressed',
  'processing', 'not-supported', 'duplicate', 'multiple-matches', 'not-found', 'deleted', 'too-long', 'code-invalid', 'extension', 'too-costly', 'business-rule',
  'conflict', 'transient', 'lock-error', 'no-store', 'exception', 'timeout', 'incomplete', 'throttled', 'informational']);
const severities = new Set(['fatal', 'error', 'warning', 'information']);

interface Issue { readonly severity?: string; readonly code?: string; readonly diagnostics?: string; readonly expression?: readonly string[]; readonly location?: readonly string[]; readonly details?: { readonly text?: string } }

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const list = <T>(value: T | readonly T[] | undefined): readonly T[] => (value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T]);

/** Every error is an OperationOutcome with issues that say something; nothing of the inside shows (security.md H21). */
export const outcomeFaults = (answer: Answer): Differences => {
  const body = parse(answer.text) as { resourceType?: string; issue?: readonly Issue[] } | undefined;
  if (body?.resourceType !== 'OperationOutcome') return [`an error without OperationOutcome: ${answer.text.slice(0, 200)}`];
  const issues = body.issue ?? [];
  const found = issues.flatMap((issue) => [
    ...(severities.has(issue.severity ?? '') ? [] : [`issue.severity ${String(issue.severity)}`]),
    ...(issueTypes.has(issue.code ?? '') ? [] : [`issue.code ${String(issue.code)}`]),
    ...((issue.diagnostics ?? issue.details?.text ?? '') === '' ? ['an issue that says nothing'] : []),
  ]);
  const inside = /node_modules|\bat .+\.[jt]s:\d+|SQLITE_|\bSELECT\b.*\bFROM\b|node:internal/.exec(answer.text);
  return [
    ...(issues.length === 0 ? ['an OperationOutcome without issue'] : []),
    ...(issues.length > 0 && !issues.some(({ severity }) => severity === 'error' || severity === 'fatal') ? ['an error status without an issue of severity error or fatal'] : []),
    ...found,
    ...(inside === null ? [] : [`the error shows the inside: ${inside[0]}`]),
    ...(/^application\/(fhir\+)?json/.test(answer.headers['content-type'] ?? '') ? [] : [`an OperationOutcome of type ${String(answer.headers['content-type'])}`]),
  ];
};

/** A single resource carries the version that its ETag names. */
const versionFaults = (answer: Answer): Differences => {
  const body = parse(answer.text) as { resourceType?: string; meta?: { versionId?: string; lastUpdated?: string } } | undefined;
  if (answer.status >= 300 || body?.resourceType === undefined || body.meta?.versionId === undefined || answer.headers.etag === undefined) return [];
  const faults = [
    ...(answer.headers.etag === `W/"${body.meta.versionId}"` ? [] : [`ETag ${answer.headers.etag} but versionId ${body.meta.versionId}`]),
    ...(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$/.test(body.meta.lastUpdated ?? '') ? [] : [`lastUpdated ${String(body.meta.lastUpdated)}`]),
  ];
  return faults;
};

const statusFaults = ({ status, statuses }: Expectation, answer: Answer): Differences => {
  if (status === undefined) return statuses !== undefined || (answer.status >= 200 && answer.status < 300) ? [] : [`status ${answer.status} where a success was needed: ${answer.text.slice(0, 400)}`];
  return list(status).includes(answer.status) ? [] : [`status: expected ${list(status).join(' or ')}, found ${answer.status}: ${answer.text.slice(0, 400)}`];
};

const textFaults = ({ contains, lacks, empty, text }: Expectation, answer: Answer): Differences => [
  ...list(contains).filter((part) => !answer.text.includes(part)).map((part) => `the body lacks ${part}: ${answer.text.slice(0, 400)}`),
  ...list(lacks).filter((part) => answer.text.includes(part)).map((part) => `the body has ${part}`),
  ...(empty === true && answer.text !== '' ? [`expected no body, found ${answer.text.slice(0, 200)}`] : []),
  ...(text !== undefined && text !== answer.text ? [`expected the text ${text}, found ${answer.text.slice(0, 400)}`] : []),
];

const issueFaults = ({ issue, says }: Expectation, answer: Answer): Differences => {
  const issues = (parse(answer.text) as { issue?: readonly Issue[] } | undefined)?.issue ?? [];
  const said = issues.map(({ diagnostics = '', details, expression = [], location = [] }) => [diagnostics, details?.text ?? '', ...expression, ...location].join(' ')).join('\n');
  const heard = (part: string): boolean => (part.startsWith('/') ? differences(part, said).length === 0 : said.includes(part));
  return [
    ...(issue === undefined || issues.some(({ code }) => code === issue) ? [] : [`expected issue ${issue}, found ${issues.map(({ code }) => code).join(', ') || 'none'}: ${said}`]),
    ...list(says).filter((part) => !heard(part)).map((part) => `no issue says ${part}: ${said}`),
  ];
};

/** Returns what is wrong with the answer; nothing when it is the expected one. */
export const answerFaults = (expected: Expectation, answer: Answer, method: string): Differences => {
  const headers = Object.entries(expected.headers ?? {}).flatMap(([name, wanted]) => differences(wanted, answer.headers[name.toLowerCase()], `header ${name}`));
  const needsOutcome = answer.status >= 400 && method !== 'HEAD' && expected.plain !== true && expected.empty !== true;
  return [
    ...statusFaults(expected, answer),
    ...headers,
    ...(expected.body === undefined ? [] : differences(expected.body, parse(answer.text))),
    ...textFaults(expected, answer),
    ...issueFaults(expected, answer),
    ...(needsOutcome ? outcomeFaults(answer) : []),
    ...versionFaults(answer),
  ];
};
