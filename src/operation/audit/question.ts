/**
 * Patient/$question-access: the patient doubts one access, and the clinic gets a Task to look into it. R4 has no Task in a patient's
 * compartment (https://hl7.org/fhir/R4/compartmentdefinition-patient.html), so the patient learns by asking again how far it is.
 */
import { systemViewer } from '../../access/viewer.js';
import { FhirError } from '../../core/error.js';
import { toInstant } from '../../core/clock.js';
import { keyOf, type Context } from '../../interaction/context.js';
import { notYetThere } from '../../interaction/audit-index.js';
import { lookUp } from '../../interaction/gate.js';
import type { Operation, Perform } from '../../interaction/service.js';
import { readParameters, type ParameterRules } from '../parameters.js';
import { accessOf, findable, isOwn, type Access } from './access.js';
import { wordsOf } from './words.js';

const rules: ParameterRules = { event: { kind: 'text' }, comment: { kind: 'text' } };
const system = 'https://concierge-fhir.example.org/questioned-access';
const longest = 2_000;

/** Returns the operation. Asked again about the same access it answers with the Task that is there. */
export const makeQuestionAccess = (perform: Perform): Operation => ({
  name: 'question-access',
  definition: 'https://concierge-fhir.example.org/OperationDefinition/Patient-question-access',
  levels: ['instance'],
  types: ['Patient'],
  affectsState: true,
  parameters: Object.keys(rules),
  permissions: ['r'],
  handle: async (context) => {
    const given = readParameters(context, rules);
    const { id } = keyOf(context);
    if ((await lookUp(context, { type: 'Patient', id }))?.body === undefined) throw new FhirError('not-found', 'There is no Patient with this id.');
    if (!isOwn(context.viewer, id)) throw new FhirError('forbidden', 'An access is questioned by the patient, or by who acts for them.');
    const named = /^(?:AuditEvent\/)?([A-Za-z0-9.-]{1,64})$/.exec(given.text('event') ?? '')?.[1];
    const comment = given.text('comment');
    if (named === undefined) throw new FhirError('invalid-parameter', 'event names the access as $who-saw does: AuditEvent/id.', given.placeOf('event'));
    if ((comment ?? '').length > longest) throw new FhirError('invalid-parameter', `comment has at most ${String(longest)} characters.`, given.placeOf('comment'));
    const until = await findable(context);
    const access = await accessOf(context, id, named);
    if (access === undefined && until !== undefined) throw notYetThere();
    if (access === undefined) throw new FhirError('not-found', 'No access to this record has this id.');
    const { requestId, address } = context.request;
    // The clinic's own work list: the patient needs no right to write Tasks for it.
    return perform(context.service, systemViewer('question-access'), {
      interaction: 'create', type: 'Task', method: 'POST', params: [], conditions: { ifNoneExist: `identifier=${system}|${named}` }, prefer: { return: 'representation' }, requestId, address,
      payload: { text: JSON.stringify(taskOf(context, { patient: id, event: named, access, comment })), format: 'json' },
    });
  },
});

interface Question {
  readonly patient: string;
  readonly event: string;
  readonly access: Access;
  readonly comment: string | undefined;
}

const taskOf = ({ service, viewer }: Context, { patient, event, access, comment }: Question): Readonly<Record<string, unknown>> => {
  const now = toInstant(service.clock.now());
  return {
    resourceType: 'Task', identifier: [{ system, value: event }], status: 'requested', intent: 'order',
    code: { coding: [{ system: 'https://concierge-fhir.example.org/CodeSystem/task', code: 'questioned-access', display: 'Questioned access' }], text: 'A patient questions an access to their record' },
    description: `${access.when}: ${wordsOf(access)}`,
    focus: { reference: access.event }, for: { reference: `Patient/${patient}` }, authoredOn: now,
    requester: { reference: (viewer.kind === 'token' ? viewer.grant.fhirUser : undefined) ?? `Patient/${patient}` },
    ...(comment === undefined ? {} : { note: [{ time: now, text: comment }] }),
  };
};
