/**
 * $explain-access: which of scope, compartment, relation, consent and label allows an access and which refuses it. Of one's own refusal it tells
 * what token and request tell, and the relations one sees; never whether what is hidden is there (docs/access.md).
 */
import { contextMark } from '../../access/binary.js';
import { explainAccess, explainScope, type Check } from '../../access/explain.js';
import type { Access } from '../../access/restrict.js';
import { grantedRight } from '../../access/right.js';
import { parseScopes, type Permission } from '../../access/scope.js';
import { systemViewer, type TokenGrant, type TokenViewer } from '../../access/viewer.js';
import { isPrivacyConsent, patientOf, readConsent } from '../../access/consent/provision.js';
import type { ConsentsByPatient } from '../../access/consent/withhold.js';
import { FhirError } from '../../core/error.js';
import { isId } from '../../core/id.js';
import { isResourceType } from '../../fhir/definitions.js';
import type { Context } from '../../interaction/context.js';
import { find, lookUp } from '../../interaction/gate.js';
import { readAccess } from '../../interaction/permission.js';
import type { Operation } from '../../interaction/service.js';
import type { Standings } from '../../interaction/standing.js';
import { contextOfText, patientsOfVersion } from '../../interaction/whose.js';
import type { Version } from '../../store/resource.js';
import { answerPart, parametersText, readParameters, type AnswerPart, type JsonObject, type OperationParameters, type ParameterRules } from '../parameters.js';

const rules: ParameterRules = {
  resource: { kind: 'text' }, interaction: { kind: 'text' }, user: { kind: 'text' }, role: { kind: 'text' }, app: { kind: 'text' }, patient: { kind: 'text' }, scope: { kind: 'text' }, consent: { kind: 'resource' },
};
/** With any of these it is about somebody else, or about something that is not so yet. */
const others = ['user', 'role', 'app', 'patient', 'scope', 'consent'];
const letters: Readonly<Record<string, Permission>> = { read: 'r', vread: 'r', history: 'r', search: 's', create: 'c', update: 'u', patch: 'u', delete: 'd' };

export const explainAccessOperation: Operation = {
  name: 'explain-access',
  definition: 'https://concierge-fhir.example.org/OperationDefinition/explain-access',
  levels: ['system'],
  affectsState: false,
  parameters: Object.keys(rules),
  permissions: [],
  handle: async (context) => {
    const given = readParameters(context, rules);
    const about = aboutOf(given);
    const checks = others.some((name) => given.has(name)) ? await ofSomebody(context, given, about) : await ofOneself(context, about);
    return { status: 200, body: parametersText(checks) };
  },
};

interface About {
  readonly type: string;
  readonly id: string | undefined;
  readonly permission: Permission;
}

const aboutOf = (given: OperationParameters): About => {
  const [type = '', id, ...more] = (given.text('resource') ?? '').split('/');
  if (!isResourceType(type) || more.length > 0 || (id !== undefined && !isId(id))) throw new FhirError('invalid-parameter', 'resource must name what the access is to: Type/id, or a type.', given.placeOf('resource'));
  const permission = letters[given.text('interaction') ?? 'read'];
  if (permission === undefined) throw new FhirError('invalid-parameter', `interaction must be one of ${Object.keys(letters).join(', ')}.`, given.placeOf('interaction'));
  return { type, id, permission };
};

const answer = (checks: readonly Check[], more: readonly AnswerPart[] = []): AnswerPart[] => [
  ...answerPart('decision', 'valueCode', checks.every(({ outcome }) => outcome === 'allowed') ? 'allowed' : 'refused'),
  ...checks.map(({ name, outcome, clinician, patient }) => ({ name: 'check', part: [
    ...answerPart('name', 'valueCode', name), ...answerPart('outcome', 'valueCode', outcome), ...answerPart('clinician', 'valueString', clinician), ...answerPart('patient', 'valueString', patient),
  ] })),
  ...more,
];

const untold = (clinician: string, patient: string): readonly Check[] =>
  (['compartment', 'relation', 'consent', 'label'] as const).map((name) => ({ name, outcome: 'not-reached', clinician, patient }));

const standingsOf = ({ service }: Context): Standings => {
  if (service.standings === undefined) throw new FhirError('not-implemented', 'This server does not decide on access by the record, so there is nothing to explain.');
  return service.standings;
};

const checksOf = async (context: Context, viewer: TokenViewer, { version, permission }: AskedOf): Promise<readonly Check[]> => {
  const { registry, store, options: { baseUrl } } = context.service;
  const key = contextOfText(context, version);
  const held = key === undefined ? undefined : await store.read(key);
  const isHeld = held?.body !== undefined;
  const entries = registry.extract(JSON.parse(version.body ?? '{}') as JsonObject);
  const candidate = { type: version.type, id: version.id, updated: version.updated, body: version.body, entries: isHeld ? [...entries, contextMark] : entries };
  const own = explainAccess(viewer, { registry, baseUrl, permission, candidate, patients: await patientsOfVersion(context, version), words: standingsOf(context).words });
  if (!isHeld || own.some(isRefused)) return own;
  // What a Binary is shown with has to be seen as well, and changed with it where everyone may read it.
  const isLooked = permission === 'r' || permission === 's' || grantedRight(viewer, 'r', held.type, { registry, baseUrl }) !== 'all';
  const through = await checksOf(context, viewer, { version: held, permission: isLooked ? 'r' : 'u' });
  return through.some(isRefused) ? through : own;
};

interface AskedOf {
  readonly version: Version;
  readonly permission: Permission;
}

const isRefused = ({ outcome }: Check): boolean => outcome === 'refused';

const ofOneself = async (context: Context, { type, id, permission }: About): Promise<AnswerPart[]> => {
  const { viewer } = context;
  if (viewer.kind !== 'token') throw new FhirError('business-rule', 'There is no token whose access could be explained; name a user or an app.');
  const scope: Check = { name: 'scope', ...explainScope(viewer.grant, permission, type) };
  if (scope.outcome === 'refused') return answer([scope, ...untold('Refused before this was asked.', 'Refused before this was asked.')]);
  if (id === undefined || permission === 'c') return answer([scope, ...untold('It depends on the resource.', 'It depends on what it is.')], await relationsOf(context, viewer));
  const access: Access = { ...readAccess(context), permissions: permission === 'r' || permission === 's' ? [permission] : ['r', permission] };
  const version = await lookUp(context, { type, id }, access);
  if (version?.body !== undefined) return answer(await checksOf(context, viewer, { version, permission }));
  return answer([scope, ...untold(
    'There is no such resource for this token. Whether it is not there, in a record out of reach, or withheld by a Consent or a label is told to nobody who may not see it.',
    'There is nothing with this name that you or this app may see.',
  )], await relationsOf(context, viewer));
};

const mostRelations = 100;

/** The patients that the viewer sees, each with why: nothing that a search would not show. */
const relationsOf = async (context: Context, viewer: TokenViewer): Promise<AnswerPart[]> => {
  const reach = viewer.standing?.reach ?? 'token';
  const { words } = standingsOf(context);
  if (typeof reach === 'string' || !viewer.grant.scopes.some(({ type, permissions }) => (type === '*' || type === 'Patient') && permissions.has('s'))) return [];
  const ids = [...reach.patients.keys()].slice(0, mostRelations);
  const { matches } = await find({ ...context, request: { ...context.request, interaction: 'search-type' } }, { types: ['Patient'], where: { op: 'id', ids }, count: mostRelations });
  return matches.flatMap(({ id }) => (reach.patients.get(id) ?? []).map((name) => ({ name: 'relation', part: [
    ...answerPart('patient', 'valueReference', { reference: `Patient/${id}` }), ...answerPart('rule', 'valueCode', name), ...answerPart('words', 'valueString', words.get(name)),
  ] })));
};

const ofSomebody = async (context: Context, given: OperationParameters, { type, id, permission }: About): Promise<AnswerPart[]> => {
  const more = consentOf(context, given);
  const own = await ownerOf(context, { type, id });
  if (!administers(context) && (own === undefined || more.size > 1 || [...more.keys()].some((patient) => patient !== own))) {
    throw new FhirError('forbidden', 'What somebody else may see is explained to administrators, and to patients about their own record.');
  }
  const viewer = await standingsOf(context).wouldBe(grantOf(given), more);
  const version = id === undefined ? undefined : await lookUp({ ...context, viewer: systemViewer('explain-access') }, { type, id });
  if (version?.body !== undefined) return answer(await checksOf(context, viewer, { version, permission }));
  const scope: Check = { name: 'scope', ...explainScope(viewer.grant, permission, type) };
  const text = id === undefined ? 'It depends on the resource: name it as Type/id.' : `There is no ${type} with this id.`;
  return answer([scope, ...untold(text, text)]);
};

const administers = ({ viewer }: Context): boolean =>
  viewer.kind === 'open' || viewer.kind === 'system' || (viewer.kind === 'token' && viewer.grant.role === 'admin' && viewer.grant.scopes.some(({ context }) => context === 'user'));

/** Returns the id of the patient who asks, where the resource is in their record and they see it. */
const ownerOf = async (context: Context, { type, id }: Pick<About, 'type' | 'id'>): Promise<string | undefined> => {
  const { viewer } = context;
  if (viewer.kind !== 'token' || viewer.grant.fhirUser?.startsWith('Patient/') !== true || id === undefined) return undefined;
  const own = viewer.grant.fhirUser.slice('Patient/'.length);
  const version = await lookUp(context, { type, id }, readAccess(context));
  return version !== undefined && (await patientsOfVersion(context, version)).includes(own) ? own : undefined;
};

/** A Consent that is not stored counts as if it were, whatever its status. */
const consentOf = ({ service: { options: { baseUrl } } }: Context, given: OperationParameters): ConsentsByPatient => {
  const consent = given.object('consent');
  if (consent === undefined) return new Map();
  const patient = patientOf(consent, baseUrl);
  if (consent['resourceType'] !== 'Consent' || patient === undefined || !isPrivacyConsent({ ...consent, status: 'active' })) {
    throw new FhirError('invalid-parameter', 'consent must be a Consent of scope patient-privacy whose patient is one of this server.', given.placeOf('consent'));
  }
  return new Map([[patient, [readConsent(consent, baseUrl)]]]);
};

const workRoles = ['practitioner', 'staff', 'admin'] as const;

/** Without scopes it is what they would see who are given all of their kind. */
const grantOf = (given: OperationParameters): TokenGrant => {
  const [fhirUser, patient] = [given.text('user'), given.text('patient')?.replace('Patient/', '')];
  const [type = '', id = ''] = fhirUser?.split('/') ?? [];
  if (fhirUser !== undefined && (!['Patient', 'RelatedPerson', 'Practitioner', 'PractitionerRole', 'Person'].includes(type) || !isId(id))) throw new FhirError('invalid-parameter', 'user must be a Patient, RelatedPerson, Practitioner, PractitionerRole or Person: Type/id.', given.placeOf('user'));
  const role = workRoles.find((one) => one === given.text('role'));
  if (role === undefined && given.has('role')) throw new FhirError('invalid-parameter', `role must be one of ${workRoles.join(', ')}.`, given.placeOf('role'));
  const usual = patient !== undefined ? 'patient/*.cruds' : fhirUser !== undefined ? 'user/*.cruds' : 'system/*.cruds';
  return {
    client: given.text('app') ?? '', user: fhirUser, fhirUser, role, patient, patients: type === 'Patient' ? [id] : patient === undefined ? [] : [patient],
    scopes: parseScopes(given.text('scope') ?? usual), jti: 'explain-access', expires: Number.MAX_SAFE_INTEGER,
  };
};
