/** Patient/$who-saw: the patient's own view of the audit: who, for whom they work, by which app, what, when and why, in codes and in plain words. */
import { FhirError } from '../../core/error.js';
import { keyOf, type Context } from '../../interaction/context.js';
import { isBoundByToken, lookUp } from '../../interaction/gate.js';
import type { Operation } from '../../interaction/service.js';
import { answerPart, parametersText, readParameters, type AnswerPart, type ParameterRules } from '../parameters.js';
import { accessesTo, completeUntil, findable, isOwn, type Access } from './access.js';
import { languageOf, wordsOf, type WordLanguage } from './words.js';

const rules: ParameterRules = { count: { kind: 'integer' }, language: { kind: 'text' } };
const usual = 100;
const most = 1_000;

/** Resolves with the patient's id; throws for who is neither the patient, nor acts for them, nor sees the whole audit. */
export const ownPatient = async (context: Context): Promise<string> => {
  const { id } = keyOf(context);
  if ((await lookUp(context, { type: 'Patient', id }))?.body === undefined) throw new FhirError('not-found', 'There is no Patient with this id.');
  if (!isOwn(context.viewer, id) && isBoundByToken(context, 'AuditEvent')) throw new FhirError('forbidden', 'Who saw a record is shown to the patient, to who acts for them, and to who sees the whole audit.');
  return id;
};

/** Accesses that were answered, the newest first, each as one `access` with its parts. */
export const whoSaw: Operation = {
  name: 'who-saw',
  definition: 'https://concierge-fhir.example.org/OperationDefinition/Patient-who-saw',
  levels: ['instance'],
  types: ['Patient'],
  affectsState: false,
  parameters: Object.keys(rules),
  permissions: ['r'],
  handle: async (context) => {
    const given = readParameters(context, rules);
    const count = given.count('count') ?? usual;
    const language = languageOf(given.text('language'));
    if (count < 1 || count > most) throw new FhirError('invalid-parameter', `count must be from 1 to ${String(most)}.`, { location: 'http.count' });
    const patient = await ownPatient(context);
    const until = await findable(context);
    const accesses: AnswerPart[] = [];
    for await (const access of accessesTo(context, patient)) {
      accesses.push({ name: 'access', part: partsOf(access, language) });
      if (accesses.length === count) break;
    }
    return { status: 200, body: parametersText([...completeUntil(until), ...accesses]) };
  },
};

/** Returns the parts that tell of one access. */
export const partsOf = (access: Access, language: WordLanguage): readonly AnswerPart[] => {
  const { event, when, action, interaction, person, app, what, search, purposes, reason, emergency } = access;
  return [
    ...answerPart('event', 'valueReference', { reference: event }), ...answerPart('when', 'valueInstant', when),
    ...answerPart('words', 'valueString', wordsOf(access, language)),
    ...answerPart('action', 'valueCode', action), ...answerPart('interaction', 'valueCode', interaction),
    ...answerPart('person', 'valueReference', person?.reference === undefined ? undefined : { reference: person.reference, ...(person.name === undefined ? {} : { display: person.name }) }),
    ...answerPart('organization', 'valueString', person?.organization), ...answerPart('app', 'valueString', app),
    ...what.flatMap((reference) => answerPart('what', 'valueReference', { reference })), ...answerPart('search', 'valueString', search),
    ...purposes.flatMap((code) => answerPart('purpose', 'valueCode', code)), ...answerPart('reason', 'valueString', reason),
    ...answerPart('emergency', 'valueBoolean', emergency ? true : undefined),
  ];
};
