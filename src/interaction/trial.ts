/**
 * Dry run: a write is decided, validated and checked by the store as always, and nothing is stored. The answer is a Parameters
 * resource that says what would have happened (this server's own extension of https://hl7.org/fhir/R4/http.html).
 */
import { maySee } from '../access/restrict.js';
import type { Issue } from '../core/error.js';
import { diffJson } from '../core/json/diff.js';
import type { Commit, CommitResult, Version } from '../store/resource.js';
import { writeRecords } from './audited.js';
import type { Context } from './context.js';
import { statusLine } from './entry-text.js';
import { outcomeText } from './outcome-text.js';
import { readAccess } from './permission.js';
import { provenanceOf } from './provenance.js';
import type { FhirResponse, TrialResult } from './request.js';

/** Stores the commit; a dry run only asks what it would come to, and leaves out what is more than resources. */
export const commitOrTry = async (context: Context, commit: Commit): Promise<CommitResult> => {
  const { service: { store }, request, trail } = context;
  if (request.dryRun === true) return store.commit({ writes: commit.writes, guards: commit.guards, dryRun: true });
  if (trail === undefined) return store.commit(commit);
  const provenance = context.service.audit?.provenance === true ? await provenanceOf(context, commit.writes) : [];
  const result = await store.commit({ ...commit, writes: [...commit.writes, ...provenance], audit: await writeRecords(context, commit.writes) });
  if (result.ok && commit.writes.length > 0) trail.isRecorded = true;
  return result;
};

export interface Tried {
  readonly status: number;
  /** The version that would be stored, or that is found; undefined when there is none. */
  readonly version: Version | undefined;
  /** Whether it would be stored. */
  readonly isWritten: boolean;
  readonly issues: readonly Issue[];
  readonly entry?: number | undefined;
}

/** The server sets these anew with every version. */
const stamped = new Set(['/meta/versionId', '/meta/lastUpdated']);

/** Returns what one change would do, with its difference where the viewer may read what is there now. */
export const trialOf = async (context: Context, { status, version, isWritten, issues, entry }: Tried): Promise<TrialResult> => ({
  entry, status, issues,
  target: version === undefined ? undefined : `${version.type}/${version.id}`,
  version: version?.version,
  diff: version === undefined || !isWritten ? undefined : await diffOf(context, version),
});

const diffOf = async (context: Context, version: Version): Promise<string | undefined> => {
  const before = version.version > 1 ? await context.service.store.read(version, version.version - 1) : undefined;
  if (before?.body !== undefined && !maySee(readAccess(context), before)) return undefined;
  return diffJson(before?.body, version.body, stamped);
};

const notice: Issue = {
  severity: 'information', code: 'informational',
  diagnostics: 'This was a dry run: nothing was stored. This version of the server has no subscriptions, so nobody would be notified.',
};

/** Returns the answer to a dry run. `status`: that of the real answer, except that 204 has no room for a body. */
export const answerTrial = (status: number, trial: readonly TrialResult[]): FhirResponse => {
  const parameters = [...trial.map(resultText), `{"name":"outcome","resource":${outcomeText([notice])}}`];
  return { status: status === 204 ? 200 : status, trial, body: `{"resourceType":"Parameters","parameter":[${parameters.join(',')}]}` };
};

const textPart = (name: string, text: string | undefined): string => (text === undefined ? '' : `,{"name":"${name}","valueString":${JSON.stringify(text)}}`);

const resultText = ({ entry, status, target, version, diff, issues, code }: TrialResult): string => {
  const place = entry === undefined ? '' : `,{"name":"entry","valueInteger":${String(entry)}}`;
  const findings = issues.length === 0 ? '' : `,{"name":"outcome","resource":${outcomeText(issues, code)}}`;
  const parts = `${place}${textPart('status', statusLine(status))}${textPart('target', target)}${textPart('version', version === undefined ? undefined : String(version))}${textPart('diff', diff)}${findings}`;
  return `{"name":"result","part":[${parts.slice(1)}]}`;
};
