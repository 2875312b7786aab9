/** Puts together what the record keeps from a viewer and what Consents and break-glass open: the same object as long as nothing is different. */
import { labelRoleOf } from '../../access/clearance.js';
import { clientSystem, identifiedName } from '../../access/consent/provision.js';
import { impliedPurposes, type Viewpoint } from '../../access/consent/rule.js';
import { compileConsents, permittedTo, relatedNames, type ConsentsByPatient } from '../../access/consent/withhold.js';
import { inForce, type Emergency } from '../../access/emergency.js';
import type { Reach, Standing } from '../../access/standing.js';
import type { TokenGrant, TokenViewer } from '../../access/viewer.js';
import { makeWithheld } from '../../access/withheld.js';
import { keepNewest } from '../../core/keep-newest.js';
import type { Follower } from './feed.js';
import { makeBelongingMemory, type Belonging, type BelongingParts } from './belonging.js';
import { makeConsentMemory, relatedTo, type ConsentBook, type ConsentParts } from './consents.js';
import { makeEmergencyMemory, type EmergencyParts } from './emergencies.js';

export type WithholdingParts = BelongingParts & ConsentParts & EmergencyParts;

export interface WithholdingMemory {
  readonly followers: readonly Follower[];
  /** Resolves with the standing of a viewer who reaches so far by what else the record says. `more`: a Consent that is not stored, to see what it would do. */
  standingOf(viewer: TokenViewer, reach: Reach, more?: ConsentsByPatient): Promise<Standing>;
}

interface Known {
  readonly reach: Reach;
  readonly book: ConsentBook;
  readonly belonging: Belonging;
  readonly opened: readonly Emergency[];
  readonly standing: Standing;
  /** When it must be put together anew, milliseconds since 1970. */
  readonly until: number;
}

/** Viewers remembered; the ones that came longest ago are forgotten. */
const most = 10_000;
const workers = new Set(['Practitioner', 'PractitionerRole', 'Person']);
const nobody: ReadonlySet<string> = new Set();
const unknown: Belonging = { person: nobody, groups: nobody, until: Infinity };
const nothing: readonly Emergency[] = [];

/** Returns the memory; the store is only read by it. */
export const makeWithholdingMemory = (parts: () => WithholdingParts): WithholdingMemory => {
  const [consents, emergencies, belongings] = [makeConsentMemory(parts), makeEmergencyMemory(parts), makeBelongingMemory(parts)];
  const known = new Map<string, Known>();

  const gather = async ({ fhirUser = '' }: TokenGrant): Promise<Pick<Known, 'book' | 'belonging' | 'opened'>> => {
    const isWorker = workers.has(fhirUser.split('/')[0] ?? '');
    return {
      book: await consents.current(),
      belonging: isWorker ? await belongings.of(fhirUser) : unknown,
      opened: isWorker ? await emergencies.openedBy(fhirUser) : nothing,
    };
  };
  const remember = (key: string, one: Known): Standing => {
    keepNewest(known, { key, value: one, most });
    return one.standing;
  };
  return {
    followers: [consents, emergencies, belongings],
    standingOf: async ({ key, grant }, reach, more) => {
      const gathered = await gather(grant);
      const { registry, clock } = parts();
      const now = clock.now();
      if (more !== undefined) return putTogether(grant, { ...gathered, book: await withMore(parts(), gathered.book, more), reach }, { registry, now }).standing;
      const before = known.get(key);
      const isSame = before?.reach === reach && before.book === gathered.book && before.belonging === gathered.belonging && before.opened === gathered.opened && before.until > now;
      return remember(key, isSame ? before : putTogether(grant, { ...gathered, reach }, { registry, now }));
    },
  };
};

const withMore = async (parts: ConsentParts, book: ConsentBook, more: ConsentsByPatient): Promise<ConsentBook> => ({
  byPatient: new Map([...book.byPatient, ...[...more].map(([patient, own]) => [patient, [...(book.byPatient.get(patient) ?? []), ...own]] as const)]),
  related: new Map([...book.related, ...await relatedTo(parts, relatedNames([...more.values()].flat()))]),
});

type Gathered = Pick<Known, 'reach' | 'book' | 'belonging' | 'opened'>;

const putTogether = (grant: TokenGrant, gathered: Gathered, { registry, now }: Pick<ConsentParts, 'registry'> & { readonly now: number }): Known => {
  const { book, belonging, opened } = gathered;
  const viewpoint = viewpointOf(grant, belonging, now);
  const isHere = isActive(gathered.reach);
  const open = isHere ? inForce(opened, now) : none;
  const emergency = new Set(open.keys());
  const { reach, onlyPermitted } = widened(gathered.reach, { permitted: isHere && workers.has(grant.fhirUser?.split('/')[0] ?? '') ? permittedTo(book.byPatient, viewpoint) : nobody, emergency });
  const own = new Set(grant.fhirUser?.startsWith('Patient/') === true ? [grant.fhirUser.slice('Patient/'.length)] : []);
  const view = compileConsents(book.byPatient, { viewpoint, own, emergency, onlyPermitted }, { registry, related: book.related });
  const kept = makeWithheld({ registry, consents: view, role: labelRoleOf(grant), own, emergency });
  const until = Math.min(view.until, belonging.until, ...opened.flatMap((one) => [one.from, one.until].filter((time) => time > now)));
  return { ...gathered, standing: { reach, ...kept, ...(open.size === 0 ? {} : { emergencies: open }) }, until };
};

/** Whoever is not active any more, or never was there, is lent nothing. */
const isActive = (reach: Reach): boolean => typeof reach === 'string' || reach.self.length > 0 || reach.organizations.length > 0;

const none: ReadonlyMap<string, Emergency> = new Map();

const viewpointOf = ({ client, fhirUser }: TokenGrant, { person, groups }: Belonging, now: number): Viewpoint => {
  const type = fhirUser?.split('/')[0] ?? '';
  const purposes = workers.has(type) ? impliedPurposes(['TREAT']) : type === '' ? undefined : impliedPurposes(['PATRQT']);
  return { person: new Set([...person, ...(fhirUser === undefined ? [] : [fhirUser])]), groups, app: new Set([identifiedName(clientSystem, client)]), purposes, now };
};

/** Permits and break-glass open records to people who reach no more than those of some patients. */
const widened = (reach: Reach, { permitted, emergency }: { readonly permitted: ReadonlySet<string>; readonly emergency: ReadonlySet<string> }): { readonly reach: Reach; readonly onlyPermitted: ReadonlySet<string> } => {
  if (typeof reach === 'string' || (permitted.size === 0 && emergency.size === 0)) return { reach, onlyPermitted: nobody };
  const patients = new Map(reach.patients);
  for (const [ids, rule] of [[permitted, 'consent'], [emergency, 'break-glass']] as const) for (const id of ids) patients.set(id, [...(patients.get(id) ?? []), rule]);
  return { reach: { ...reach, patients }, onlyPermitted: new Set([...permitted].filter((id) => !reach.patients.has(id) && !emergency.has(id))) };
};
