/** Accesses to one patient's record as the audit has them: who, for whom they work, by which app, what, when and why (ASTM E2147). */
import { ownedBy } from '../../access/compartment.js';
import { systemViewer, type Viewer } from '../../access/viewer.js';
import { toInstant } from '../../core/clock.js';
import type { Context } from '../../interaction/context.js';
import { find, lookUp } from '../../interaction/gate.js';
import type { Predicate, SearchPlan } from '../../store/plan.js';
import { answerPart, type AnswerPart } from '../parameters.js';

export interface Person {
  readonly reference?: string | undefined;
  readonly name?: string | undefined;
  readonly organization?: string | undefined;
}

export interface Access {
  /** `AuditEvent/id`. */
  readonly event: string;
  /** Instant. */
  readonly when: string;
  /** C, R, U, D or E. */
  readonly action: string;
  readonly interaction: string | undefined;
  /** Undefined where no person was behind the app. */
  readonly person: Person | undefined;
  readonly app: string | undefined;
  /** References of what was looked at or changed. */
  readonly what: readonly string[];
  readonly search: string | undefined;
  /** Codes of http://terminology.hl7.org/CodeSystem/v3-ActReason. */
  readonly purposes: readonly string[];
  readonly reason: string | undefined;
  /** By break-glass, or under a purpose of emergency. */
  readonly emergency: boolean;
  /** All that the server has was copied, this record among it. */
  readonly isExport: boolean;
}

interface Agent {
  readonly who?: { readonly reference?: string; readonly display?: string; readonly identifier?: { readonly value?: string } };
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
  readonly type?: { readonly code?: string };
  readonly subtype?: readonly { readonly code?: string }[];
  readonly purposeOfEvent?: readonly { readonly coding?: readonly { readonly code?: string }[]; readonly text?: string }[];
  readonly agent: readonly Agent[];
  readonly entity?: readonly Entity[];
}

/** Returns whether the viewer is the patient, or acts for them. */
export const isOwn = (viewer: Viewer, id: string): boolean => viewer.kind === 'token' && (viewer.grant.patient === id || viewer.grant.patients?.includes(id) === true);

const exportType = '110106';
const answered: Predicate = { op: 'token', param: 'outcome', code: '0' };
const page = 500;

/** The events are read as the server: a right to the Patient is enough to see what was done with it. */
const asServer = ({ service, request }: Context): Context => ({ service, request, viewer: systemViewer('accesses of a patient') });

export interface AccessQuery {
  /** Largest number of accesses. */
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Resolves when accesses can be found: with the time up to which all of them can, where waiting for the others takes too long (milliseconds since 1970). */
export const findable = async ({ service: { audit } }: Context): Promise<number | undefined> => audit?.bringUpToDate?.();

/** Returns the part of an answer that says up to when it is complete; none where it is. */
export const completeUntil = (until: number | undefined): readonly AnswerPart[] => answerPart('complete-until', 'valueInstant', until === undefined ? undefined : toInstant(until));

/** Yields answered accesses that can be found, the newest first; refused ones have shown nothing. */
export async function* accessesTo(context: Context, patient: string): AsyncGenerator<Access> {
  const own = ownedBy(context.service.registry, 'AuditEvent', [patient]);
  if (own !== undefined) yield* accessesOf(context, { op: 'and', of: [own, answered] }, (event) => isAbout(event, patient));
}

/** Yields exports and backups of the whole, the newest first: each has given every record there was. */
export async function* exportsOf(context: Context): AsyncGenerator<Access> {
  yield* accessesOf(context, { op: 'and', of: [{ op: 'token', param: 'type', code: exportType }, answered] }, () => true);
}

/** Resolves with one access to the patient's record that can be found; undefined where there is none of this id. */
export const accessOf = async (context: Context, patient: string, id: string): Promise<Access | undefined> => {
  const inner = asServer(context);
  const found = await lookUp(inner, { type: 'AuditEvent', id });
  const event = found?.body === undefined ? undefined : JSON.parse(found.body) as Event;
  return event === undefined || !isAbout(event, patient) ? undefined : toAccess(inner, event, new Map());
};

async function* accessesOf(context: Context, where: Predicate, isMeant: (event: Event) => boolean): AsyncGenerator<Access> {
  const inner = asServer(context);
  const people = new Map<string, Promise<Person>>();
  const plan: SearchPlan = { types: ['AuditEvent'], where, sort: [{ param: 'date', kind: 'date', descending: true }], count: page };
  for (let after: SearchPlan['after'], more = true; more;) {
    const { matches, next } = await find(inner, { ...plan, after });
    for (const { body = '{}' } of matches) {
      const event = JSON.parse(body) as Event;
      // What a patient did to the records of others is no access to theirs.
      if (isMeant(event)) yield await toAccess(inner, event, people);
    }
    after = next;
    more = next !== undefined;
  }
}

const isAbout = ({ entity = [] }: Event, id: string): boolean =>
  entity.some(({ what }) => what?.reference === `Patient/${id}` || what?.reference?.startsWith(`Patient/${id}/`) === true);

const toAccess = async (context: Context, event: Event, people: Map<string, Promise<Person>>): Promise<Access> => {
  const { id, recorded, action, type, subtype = [], purposeOfEvent = [], agent, entity = [] } = event;
  const [client, , user] = agent;
  const purposes = purposeOfEvent.flatMap(({ coding = [] }) => coding.flatMap(({ code }) => (code === undefined ? [] : [code])));
  const query = entity.find((one) => one.query !== undefined)?.query;
  return {
    event: `AuditEvent/${id}`, when: recorded, action, interaction: subtype[0]?.code, purposes,
    person: user?.who === undefined ? undefined : await personOf(context, user.who.reference, people),
    app: client?.who?.identifier?.value ?? client?.who?.display,
    what: entity.flatMap(({ role, what }) => (role?.code === '4' && what?.reference !== undefined ? [what.reference] : [])),
    search: query === undefined ? undefined : Buffer.from(query, 'base64').toString('utf8'),
    reason: purposeOfEvent.find(({ text }) => text !== undefined)?.text,
    emergency: purposes.some((code) => code === 'BTG' || code === 'ETREAT'), isExport: type?.code === exportType,
  };
};

const personOf = (context: Context, reference: string | undefined, people: Map<string, Promise<Person>>): Promise<Person> => {
  const name = reference ?? '';
  const found = people.get(name) ?? describe(context, reference);
  people.set(name, found);
  return found;
};

interface Described {
  readonly name?: readonly { readonly text?: string; readonly given?: readonly string[]; readonly family?: string }[] | string;
  readonly practitioner?: { readonly reference?: string; readonly display?: string };
  readonly organization?: { readonly reference?: string; readonly display?: string };
}

const describe = async (context: Context, reference: string | undefined): Promise<Person> => {
  if (reference === undefined) return {};
  const own = await valueOf(context, reference);
  // A role has no name: the person in it has.
  const person = own?.practitioner?.reference === undefined ? own : await valueOf(context, own.practitioner.reference);
  const role = own?.organization === undefined && reference.startsWith('Practitioner/') ? await roleOf(context, reference) : own;
  const organization = role?.organization;
  return {
    reference, name: nameOf(person) ?? own?.practitioner?.display,
    organization: organization?.display ?? (organization?.reference === undefined ? undefined : nameOf(await valueOf(context, organization.reference))),
  };
};

const roleOf = async (context: Context, practitioner: string): Promise<Described | undefined> => {
  const { matches: [role] } = await find(context, { types: ['PractitionerRole'], where: { op: 'reference', param: 'practitioner', targets: [practitioner] }, count: 1 });
  return role?.body === undefined ? undefined : JSON.parse(role.body) as Described;
};

const valueOf = async (context: Context, reference: string): Promise<Described | undefined> => {
  const [type = '', id = ''] = reference.split('/');
  const found = await lookUp(context, { type, id });
  return found?.body === undefined ? undefined : JSON.parse(found.body) as Described;
};

const nameOf = (value: Described | undefined): string | undefined => {
  const name = value?.name;
  if (typeof name === 'string' || name === undefined) return name;
  const [first] = name;
  return first === undefined ? undefined : first.text ?? [...(first.given ?? []), first.family].filter((part) => part !== undefined).join(' ');
};
