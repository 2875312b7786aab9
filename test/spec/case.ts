/**
 * The form of a case file (`*.yaml`). It is checked strictly: an unknown member fails, so that a misspelt expectation is never
 * an expectation that always holds.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORE_SCHEMA, load } from 'js-yaml';

export interface Expectation {
  readonly status?: number | readonly number[];
  /** With `times` or `together`: how many answers have which status. */
  readonly statuses?: Readonly<Record<string, number>>;
  /** Code of an issue of the OperationOutcome. */
  readonly issue?: string;
  /** Something that one issue's diagnostics, expression or location says: text, or a regular expression between slashes. */
  readonly says?: string | readonly string[];
  /** Name to value, regular expression between slashes, or null for absent. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Subset of the JSON body, see match.ts. */
  readonly body?: unknown;
  /** Text that occurs in the body as sent. */
  readonly contains?: string | readonly string[];
  readonly lacks?: string | readonly string[];
  /** The body has no byte. */
  readonly empty?: boolean;
  /** The body is exactly this text. */
  readonly text?: string;
  /** The answer is not a FHIR one: no OperationOutcome is expected of an error. */
  readonly plain?: boolean;
}

export interface Step {
  /** `METHOD /path` below the FHIR base, `METHOD ~/path` below the origin, `METHOD http://...` as it is. */
  readonly request?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string;
  /** The text that many times over, between `before` and `after`: for bodies too large to write down. */
  readonly blow?: { readonly before: string; readonly text: string; readonly times: number; readonly after: string };
  /** Sent compressed. */
  readonly gzip?: boolean;
  readonly expect?: number | string | Expectation;
  /** Variable to place: `body.entry.0.fullUrl`, `header.etag`, `text`; ` ~ regex` takes its first group. */
  readonly save?: Readonly<Record<string, string>>;
  /** So many at once; `$n` counts them. */
  readonly times?: number;
  /** So many one after the other; `$n` counts them. */
  readonly repeat?: number;
  /** Different requests at once. */
  readonly together?: readonly Step[];
  /** Milliseconds to let pass, for what depends on the clock. */
  readonly wait?: number;
}

export interface Case {
  readonly title: string;
  /** Settings of the server; cases with the same share one. */
  readonly env?: Readonly<Record<string, string>>;
  /** Steps that must succeed with a 2xx. */
  readonly setup?: readonly Step[];
  readonly steps: readonly Step[];
}

export interface CaseFile {
  readonly section: string;
  readonly link: string;
  readonly cases: readonly Case[];
}

const members = {
  file: ['section', 'link', 'shared', 'cases'],
  case: ['title', 'env', 'setup', 'steps'],
  step: ['request', 'headers', 'body', 'text', 'blow', 'gzip', 'expect', 'save', 'times', 'repeat', 'together', 'wait'],
  expect: ['status', 'statuses', 'issue', 'says', 'headers', 'body', 'contains', 'lacks', 'empty', 'text', 'plain'],
} as const;

const check = (value: unknown, kind: keyof typeof members, at: string): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${at}: expected an object`);
  const unknown = Object.keys(value).filter((name) => !(members[kind] as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`${at}: unknown member ${unknown.join(', ')}`);
  return value as Record<string, unknown>;
};

const checkStep = (value: unknown, at: string, mustExpect: boolean): void => {
  const step = check(value, 'step', at);
  if (step['together'] !== undefined) for (const [index, inner] of (step['together'] as unknown[]).entries()) checkStep(inner, `${at}.together[${index}]`, false);
  else if (step['wait'] === undefined && !/^[A-Z]+ (\/|~\/|https?:|\$)/.test(String(step['request']))) throw new Error(`${at}: request is not METHOD /path`);
  if (typeof step['expect'] === 'object' && step['expect'] !== null) check(step['expect'], 'expect', `${at}.expect`);
  if (mustExpect && step['expect'] === undefined && step['wait'] === undefined) throw new Error(`${at}: nothing is expected`);
};

const checkCase = (value: unknown, at: string): void => {
  const found = check(value, 'case', at);
  if (typeof found['title'] !== 'string') throw new Error(`${at}: no title`);
  for (const [index, step] of ((found['setup'] ?? []) as unknown[]).entries()) checkStep(step, `${at} setup[${index}]`, false);
  const steps = (found['steps'] ?? []) as unknown[];
  if (steps.length === 0) throw new Error(`${at}: no steps`);
  for (const [index, step] of steps.entries()) checkStep(step, `${at} steps[${index}]`, true);
};

/** Reads one file's text, dates in it as the text they are; throws naming the place of what is not of the form. */
export const readCases = (text: string, name: string): CaseFile => {
  const file = check(load(text, { schema: CORE_SCHEMA }), 'file', name);
  if (typeof file['section'] !== 'string' || typeof file['link'] !== 'string') throw new Error(`${name}: section and link are needed`);
  const cases = (file['cases'] ?? []) as { title?: string }[];
  for (const [index, one] of cases.entries()) checkCase(one, `${name} ${one.title ?? index}`);
  const titles = cases.map(({ title }) => title);
  const twice = titles.filter((title, index) => titles.indexOf(title) !== index);
  if (twice.length > 0) throw new Error(`${name}: the same title twice: ${twice.join('; ')}`);
  return file as unknown as CaseFile;
};

/** The names of the case files of a folder. */
export const caseFileNames = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.yaml')).sort();

/** All case files of a folder, by name. */
export const readCaseFiles = (folder: string): readonly CaseFile[] => caseFileNames(folder).map((name) => readCases(readFileSync(join(folder, name), 'utf8'), name));
