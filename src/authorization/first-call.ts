/** The last step of a launch in the flight recorder: what the app's first calls came to, with the rule that refused them. */
import type { Viewer } from '../access/viewer.js';
import { FhirError } from '../core/error.js';
import { errorTable } from '../core/error-table.js';
import { keepNewest } from '../core/keep-newest.js';
import type { FhirRequest } from '../interaction/request.js';
import type { Perform } from '../interaction/service.js';
import type { Recorder } from './recorder.js';
import { grantIdOf } from './token/verify.js';

/** Refusals of one launch that are told. */
const refusals = 5;
/** Launches of which this process knows how far they are told. */
const most = 10_000;

export interface FirstCalls {
  /** Returns the interactions with their outcome noted; without a token of a launch that costs one look. */
  readonly recorded: (perform: Perform) => Perform;
  /** Notes a request that was refused before it was performed. */
  readonly refused: (viewer: Viewer, request: FhirRequest, error: unknown) => void;
}

/** Returns what tells the recorder of first calls. */
export const makeFirstCalls = (recorder: Recorder): FirstCalls => {
  /** How many refusals were told; Infinity after a call that went well. */
  const told = new Map<string, number>();
  const count = (grant: string, to: number): void => { keepNewest(told, { key: grant, value: to, most }); };
  const refused: FirstCalls['refused'] = (viewer, request, error) => {
    const grant = viewer.kind === 'token' ? grantIdOf(viewer) : undefined;
    if (viewer.kind !== 'token' || grant === undefined || !(error instanceof FhirError)) return;
    const before = told.get(grant) ?? 0;
    if (before >= refusals) return;
    count(grant, before + 1);
    const { meaning, mend } = errorTable[error.code];
    // The error's own words may name what was asked for; those of the table never do.
    const scopes = error.code === 'forbidden' ? ` Granted: ${viewer.grant.scopes.map((scope) => scope.text).join(' ')}.` : '';
    recorder.note(viewer.grant.client, { step: 'first call', ok: false, what: `${wordsOf(request)}: ${String(error.status)} ${error.code}: ${meaning}${scopes}`, mend }, { grant });
  };
  const recorded = (perform: Perform): Perform => (service, viewer, request) => {
    const grant = viewer.kind === 'token' ? grantIdOf(viewer) : undefined;
    if (viewer.kind !== 'token' || grant === undefined || (told.get(grant) ?? 0) === Infinity) return perform(service, viewer, request);
    return perform(service, viewer, request).then((answer) => {
      count(grant, Infinity);
      recorder.note(viewer.grant.client, { step: 'first call', ok: true, once: true, what: `${wordsOf(request)}: the access token was used` }, { grant });
      return answer;
    }, (error: unknown) => {
      refused(viewer, request, error);
      throw error;
    });
  };
  return { recorded, refused };
};

/** Interaction and type: no id, no value. */
const wordsOf = ({ interaction, type }: FhirRequest): string => (type === undefined ? interaction : `${interaction} ${type}`);
