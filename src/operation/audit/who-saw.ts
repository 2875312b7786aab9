/** Patient/$who-saw: the patient's own view of the audit, and the accounting of disclosures (45 CFR 164.528): who, when, by which app, what, why. */
import { ownedBy } from '../../access/compartment.js';
import { systemViewer, type Viewer } from '../../access/viewer.js';
import { FhirError } from '../../core/error.js';
import { keyOf, type Context } from '../../interaction/context.js';
import { find, isBoundByToken, lookUp } from '../../interaction/gate.js';
import type { Operation } from '../../interaction/service.js';
import type { Predicate } from '../../store/plan.js';
import { parametersText, readParameters, type ParameterRules } from '../parameters.js';

const rules: ParameterRules = { count: { kind: 'integer' } };
const usual = 100;
const most = 1_000;

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
    const count = readParameters(context, rules).count('count') ?? usual;
    if (count < 1 || count > most) throw new FhirError('invalid-parameter', `count must be from 1 to ${String(most)}.`, { location: 'http.count' });
    const { id } = keyOf(context);
    if ((await lookUp(context, { type: 'Patient', id })) === undefined) throw new FhirError('not-found', 'There is no Patient with this id.');
    if (!isOwn(context.viewer, id) && isBoundByToken(context, 'AuditEvent')) throw new FhirError('forbidden', 'Who saw a record is shown to the patient, to who acts for them, and to who sees the whole audit.');
    return { status: 200, body: parametersText(await accessesOf(context, id, count)) };
  },
};

const isOwn = (viewer: Viewer, id: string): boolean => viewer.kind === 'token' && (viewer.grant.patient === id || viewer.grant.patients?.includes(id) === true);

interface Agent {
  readonly who?: { readonly reference?: string; readonly display?: string; readonly identifier?: { readonly value?: string } };
  readonly network?: { readonly address?: string };
}

interface Entity {
  readonly what?: { readonly reference?: string };
  readonly role?: { readonly code?: string };
  readonly query?: string;
}

interface Event {
  readonly id: string;
  readonly recorded: string;
  readonly action: string;
  readonly subtype?: readonly { readonly code?: string }[];
  readonly purposeOfEvent?: readonly { readonly coding?: readonly { readonly code?: string }[] }[];
  readonly agent: readonly Agent[];
  readonly entity?: readonly Entity[];
}

/** The events are read as the server: a scope for the Patient is enough to see what was done with it. */
const accessesOf = async (context: Context, id: string, count: number) => {
  const { service } = context;
  await service.audit?.bringUpToDate?.();
  const inner: Context = { service, request: context.request, viewer: systemViewer('who-saw') };
  const own = ownedBy(service.registry, 'AuditEvent', [id]);
  const answered: Predicate = { op: 'token', param: 'outcome', code: '0' };
  if (own === undefined) return [];
  const { matches } = await find(inner, { types: ['AuditEvent'], where: { op: 'and', of: [own, answered] }, sort: [{ param: 'date', kind: 'date', descending: true }], count });
  const names = new Map<string, string | undefined>();
  const accesses: { readonly name: string; readonly part: readonly unknown[] }[] = [];
  for (const { body = '{}' } of matches) {
    const event = JSON.parse(body) as Event;
    const user = event.agent[2]?.who?.reference;
    if (user !== undefined && !names.has(user)) names.set(user, await nameOf(inner, user));
    // What a patient did to the records of others is no access to theirs.
    if (isAbout(event, id)) accesses.push({ name: 'access', part: partsOf(event, user === undefined ? undefined : names.get(user)) });
  }
  return accesses;
};

const isAbout = ({ entity = [] }: Event, id: string): boolean =>
  entity.some(({ what }) => what?.reference === `Patient/${id}` || what?.reference?.startsWith(`Patient/${id}/`) === true);

const partsOf = ({ id, recorded, action, subtype = [], purposeOfEvent = [], agent, entity = [] }: Event, userName: string | undefined) => {
  const [client, , user] = agent;
  const part = (name: string, member: string, value: unknown) => (value === undefined ? [] : [{ name, [member]: value }]);
  const purposes = purposeOfEvent.flatMap(({ coding = [] }) => coding.map(({ code }) => code));
  const query = entity.find((one) => one.query !== undefined)?.query;
  return [
    ...part('event', 'valueReference', { reference: `AuditEvent/${id}` }),
    ...part('when', 'valueInstant', recorded),
    ...part('action', 'valueCode', action),
    ...part('interaction', 'valueCode', subtype[0]?.code),
    ...part('person', 'valueReference', user?.who === undefined ? undefined : { ...user.who, ...(userName === undefined ? {} : { display: userName }) }),
    ...part('app', 'valueString', client?.who?.identifier?.value ?? client?.who?.display),
    ...entity.filter(({ role }) => role?.code === '4').flatMap(({ what }) => part('what', 'valueReference', what)),
    ...part('search', 'valueString', query === undefined ? undefined : Buffer.from(query, 'base64').toString('utf8')),
    ...purposes.flatMap((code) => part('purpose', 'valueCode', code)),
    ...part('emergency', 'valueBoolean', purposes.some((code) => code === 'BTG' || code === 'ETREAT') ? true : undefined),
  ];
};

interface Named {
  readonly name?: readonly { readonly text?: string; readonly given?: readonly string[]; readonly family?: string }[] | string;
}

const nameOf = async (context: Context, reference: string): Promise<string | undefined> => {
  const [type = '', id = ''] = reference.split('/');
  const found = await lookUp(context, { type, id });
  const { name } = JSON.parse(found?.body ?? '{}') as Named;
  const [first] = typeof name === 'string' ? [] : name ?? [];
  if (first === undefined) return typeof name === 'string' ? name : undefined;
  return first.text ?? [...(first.given ?? []), first.family].filter((part) => part !== undefined).join(' ');
};
