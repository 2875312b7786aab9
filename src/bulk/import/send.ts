/** Performs one unit and tells for every entry how it ended. Of a group the faulty resources alone are refused. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Viewer } from '../../access/viewer.js';
import type { ErrorCode } from '../../core/error-table.js';
import { FhirError, toFhirError, type Issue } from '../../core/error.js';
import type { FhirResponse, RawEntry } from '../../interaction/request.js';
import type { Perform, Service } from '../../interaction/service.js';
import { aimOf, type Place, type Unit } from './unit.js';

export type Result = 'created' | 'updated' | 'unchanged' | 'deleted';

export interface Done {
  readonly type: string;
  readonly result: Result;
}

export interface Refused {
  readonly type: string;
  readonly id: string | undefined;
  readonly place: Place;
  readonly code: ErrorCode;
  readonly issues: readonly Issue[];
  /** Resources that were not stored because of it: more than one when a transaction was refused as a whole. */
  readonly count: number;
}

export interface Sent {
  readonly done: readonly Done[];
  readonly refused: readonly Refused[];
}

export interface Sender {
  readonly service: Service;
  readonly viewer: Viewer;
  readonly perform: Perform;
}

export interface Sending {
  readonly unit: Unit;
  /** Names the unit for ever, so that a repeat finds it done; undefined when it cannot be repeated. */
  readonly key: string | undefined;
  /** Resolves when the units that were sent before it have ended. */
  readonly earlier: () => Promise<void>;
}

/** Faulty resources that are taken out of a group one by one; with more the rest of it goes one by one. */
const mostCulprits = 4;
const attempts = 6;
/** What no resource can help: the import stops, and goes on from there when it is started again. */
const stopping: ReadonlySet<ErrorCode> = new Set(['store-unavailable', 'store-full', 'shutting-down', 'overloaded', 'throttled', 'idempotency-conflict']);

/** Returns how the entries ended; throws a FhirError when the store cannot take anything now. */
export const sendUnit = async (sender: Sender, sending: Sending): Promise<Sent> => {
  switch (sending.unit.kind) {
    case 'batch':
      return sendBatch(sender, sending, '');
    case 'transaction':
      return sendTransaction(sender, sending);
    case 'group':
      return sendGroup(sender, sending);
  }
};

const sendTransaction = async (sender: Sender, sending: Sending): Promise<Sent> => {
  const { unit } = sending;
  const first = await tryAs(sender, sending, { type: 'transaction', step: '' });
  const late = first instanceof FhirError && first.code === 'unresolved-reference';
  if (late) await sending.earlier();
  const answer = late ? await tryAs(sender, sending, { type: 'transaction', step: '/late' }) : first;
  if (!(answer instanceof FhirError)) return readAnswer(unit, answer);
  const index = culpritOf(answer);
  return { done: [], refused: [{ ...aboutEntry(unit, index ?? 0), place: index === undefined ? placeOfWhole(unit) : unit.places[index] ?? {}, code: answer.code, issues: answer.issues, count: unit.entries.length }] };
};

const placeOfWhole = ({ places }: Unit): Place => ({ line: places[0]?.line });

const sendBatch = async (sender: Sender, sending: Sending, step: string): Promise<Sent> => {
  const answer = await tryAs(sender, sending, { type: 'batch', step });
  if (answer instanceof FhirError) return { done: [], refused: sending.unit.entries.map((_, index) => refusalOf(sending.unit, index, answer)) };
  return readAnswer(sending.unit, answer);
};

const sendGroup = async (sender: Sender, sending: Sending): Promise<Sent> => {
  let { unit } = sending;
  const refused: Refused[] = [];
  for (let culprits = 0; unit.entries.length > 0; culprits += 1) {
    const answer = await tryAs(sender, { ...sending, unit }, { type: 'transaction', step: culprits === 0 ? '' : `/without-${String(culprits)}` });
    if (!(answer instanceof FhirError)) {
      const { done, refused: more } = readAnswer(unit, answer);
      return { done, refused: [...refused, ...more] };
    }
    const index = culpritOf(answer);
    if (index === undefined || culprits >= mostCulprits) {
      const rest = await sendBatch(sender, { ...sending, unit }, '/each');
      return { done: rest.done, refused: [...refused, ...rest.refused] };
    }
    refused.push(refusalOf(unit, index, answer));
    unit = without(unit, index);
  }
  return { done: [], refused };
};

const without = (unit: Unit, index: number): Unit => ({ ...unit, entries: unit.entries.filter((_, at) => at !== index), places: unit.places.filter((_, at) => at !== index) });

/**
 * Returns the answer, or the error it was refused with. Conflicts of the moment are tried again, and so is what failed for
 * no known reason: under the same key it shows whether the unit was stored all the same.
 */
const tryAs = async (sender: Sender, { unit, key }: Sending, as: { readonly type: 'batch' | 'transaction'; readonly step: string }): Promise<FhirResponse | FhirError> => {
  const { service, viewer, perform } = sender;
  for (let tried = 1; ; tried += 1) {
    try {
      return await perform(service, viewer, {
        interaction: 'batch-or-transaction', method: 'POST', params: [], conditions: {}, prefer: { return: 'minimal' },
        payload: { text: '', format: 'json', bundle: { type: as.type, entries: unit.entries } },
        idempotencyKey: key === undefined ? undefined : key + as.step, requestId: service.ids.request(),
      });
    } catch (thrown) {
      const error = toFhirError(thrown);
      if (stopping.has(error.code)) throw error;
      if (error.code === 'internal') service.observe({ kind: 'failure', requestId: undefined, where: 'import', error: thrown });
      if (tried === attempts || !(error.code === 'version-conflict' || (error.code === 'internal' && tried === 1 && key !== undefined))) return error;
      await sleep(50 * tried);
    }
  }
};

/** Returns the entry a refused transaction failed at. */
const culpritOf = ({ issues }: FhirError): number | undefined => {
  const index = /^Bundle\.entry\[(\d+)\]/.exec(issues[0]?.expression ?? '')?.[1];
  return index === undefined ? undefined : Number(index);
};

const aboutEntry = ({ entries, places }: Unit, index: number): Pick<Refused, 'type' | 'id' | 'place'> => {
  const entry: RawEntry = entries[index] ?? {};
  const { resourceType, id } = entry.resource?.value ?? {};
  return { type: typeof resourceType === 'string' ? resourceType : aimOf(entry).type, id: typeof id === 'string' ? id : undefined, place: places[index] ?? {} };
};

const refusalOf = (unit: Unit, index: number, { code, issues }: FhirError): Refused => ({ ...aboutEntry(unit, index), code, issues: issues.map(withoutEntry), count: 1 });

/** The entry's number in a group means nothing to whoever reads the report. */
const withoutEntry = (issue: Issue): Issue => {
  const expression = issue.expression?.replace(/^Bundle\.entry\[\d+\]\.?(resource\.?)?/, '');
  return { ...issue, expression: expression === '' ? undefined : expression, diagnostics: issue.diagnostics.replace(/^Entry \d+: /, '') };
};

interface AnswerEntry {
  readonly response?: { readonly status?: string; readonly outcome?: { readonly issue?: readonly OutcomeIssue[] } };
}

interface OutcomeIssue extends Issue {
  readonly details?: { readonly coding?: readonly { readonly code?: string }[] };
}

const readAnswer = (unit: Unit, { body }: FhirResponse): Sent => {
  const { entry = [] } = JSON.parse(body ?? '{}') as { entry?: readonly AnswerEntry[] };
  const done: Done[] = [];
  const refused: Refused[] = [];
  for (const [index, { response }] of entry.entries()) {
    const { method, type } = aimOf(unit.entries[index] ?? {});
    const status = Number(response?.status?.slice(0, 3));
    const issues = response?.outcome?.issue ?? [];
    if (status >= 400) refused.push({ ...aboutEntry(unit, index), code: (issues[0]?.details?.coding?.[0]?.code ?? 'internal') as ErrorCode, issues: issues.map(plainIssue), count: 1 });
    else if (method !== 'GET' && method !== 'HEAD') done.push({ type, result: resultOf(method, status) });
  }
  return { done, refused };
};

const plainIssue = ({ severity, code, diagnostics, expression, location }: OutcomeIssue): Issue =>
  ({ severity, code, diagnostics, expression: Array.isArray(expression) ? (expression[0] as string) : expression, location: Array.isArray(location) ? (location[0] as string) : location });

const resultOf = (method: string, status: number): Result => {
  if (status === 201) return 'created';
  if (method === 'DELETE') return 'deleted';
  return method === 'POST' ? 'unchanged' : 'updated';
};
