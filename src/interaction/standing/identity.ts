/**
 * Who someone who works here is: the practitioner, their roles, the organizations of these, and the care teams they are in; or what a client is for
 * (https://hl7.org/fhir/R4/practitionerrole.html). What has ended, or is not active, does not count.
 */
import type { ActorNames } from '../../access/relation.js';
import type { Registry } from '../../search/registry.js';
import type { IndexEntry } from '../../store/index-entry.js';
import type { Predicate } from '../../store/plan.js';
import type { Version } from '../../store/resource.js';
import type { Store } from '../../store/store.js';
import { findEach } from './find-each.js';

export interface Identity {
  readonly names: ActorNames;
  /** `Type/id` of what it was read from. */
  readonly sources: ReadonlySet<string>;
  /** When it may change by itself, milliseconds since 1970. */
  readonly until: number;
}

export interface IdentityParts {
  readonly store: Pick<Store, 'read' | 'search'>;
  readonly registry: Registry;
  readonly now: number;
}

/** The types an identity is read from. */
export const identityTypes: ReadonlySet<string> = new Set(['Practitioner', 'PractitionerRole', 'Person', 'CareTeam', 'Organization', 'Group']);

type Value = Readonly<Record<string, unknown>>;

/** A team of one patient gives that one, whatever else names it; a plan may be left to a team of the house. */
const isOfHouse = (entries: readonly IndexEntry[]): boolean => !targetsIn(entries, 'subject').some((target) => target.startsWith('Patient/'));

/** Whether the team is plainly of one patient of this server. */
const patientOf = ({ subject }: Value): boolean => {
  const reference = (subject as { reference?: unknown } | null | undefined)?.reference;
  return typeof reference === 'string' && reference.startsWith('Patient/');
};

/** Returns whether a written resource may make whoever goes by this identity someone else. */
export const mayChange = ({ sources, names: { practitioner, role } }: Identity, { type, name, entries }: { readonly type: string; readonly name: string; readonly entries: () => readonly IndexEntry[] }): boolean => {
  if (!identityTypes.has(type)) return false;
  if (sources.has(name)) return true;
  const isNamed = (param: string): boolean => targetsIn(entries(), param).some((target) => practitioner.includes(target) || role.includes(target));
  if (type === 'PractitionerRole') return isNamed('practitioner');
  return type === 'CareTeam' && isNamed('participant') && isOfHouse(entries());
};

/** Returns whom a resource refers to by one of its parameters. */
export const targetsIn = (entries: readonly IndexEntry[], param: string): string[] => entries.flatMap((entry) => (entry.kind === 'reference' && entry.param === param ? [entry.target] : []));

/** Resolves with who `Type/id` is; nobody where it is not there or not active. */
export const readIdentity = async (parts: IdentityParts, fhirUser: string): Promise<Identity> => {
  const found = new Gathering(parts);
  await found.take(fhirUser);
  await found.takeRoles();
  await found.takeTeams();
  return { names: found.names, sources: found.sources, until: found.until };
};

class Gathering {
  readonly names: Record<keyof ActorNames, string[]> = { practitioner: [], role: [], team: [], organization: [], group: [] };
  readonly sources = new Set<string>();
  until = Infinity;
  readonly #parts: IdentityParts;
  #allRoles = true;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
  }

  async take(name: string): Promise<void> {
    const [type = '', id = ''] = name.split('/');
    this.sources.add(name);
    const version = await this.#parts.store.read({ type, id });
    const value = version?.body === undefined ? undefined : JSON.parse(version.body) as Value;
    if (value === undefined || value['active'] === false) return;
    const entries = this.#parts.registry.extract(value);
    switch (type) {
      case 'Organization':
        this.#add('organization', name);
        return;
      case 'Group':
        this.#add('group', name);
        return;
      case 'Practitioner':
        this.#add('practitioner', name);
        return;
      case 'PractitionerRole':
        this.#allRoles = false;
        this.#addRole(name, entries);
        for (const practitioner of targetsIn(entries, 'practitioner')) await this.take(practitioner);
        return;
      case 'Person':
        for (const organization of targetsIn(entries, 'organization')) this.#add('organization', organization);
        for (const link of targetsIn(entries, 'link')) if (link.startsWith('Practitioner/')) await this.take(link);
        return;
    }
  }

  async takeRoles(): Promise<void> {
    if (!this.#allRoles || this.names.practitioner.length === 0) return;
    await this.#each('PractitionerRole', { op: 'reference', param: 'practitioner', targets: this.names.practitioner }, (version, value) => {
      const entries = this.#parts.registry.extract(value);
      const isActive = !entries.some((entry) => entry.kind === 'token' && entry.param === 'active' && entry.code === 'false');
      if (isActive) this.#addRole(`PractitionerRole/${version.id}`, entries);
    });
  }

  async takeTeams(): Promise<void> {
    const targets = [...this.names.practitioner, ...this.names.role];
    if (targets.length === 0) return;
    const where: Predicate = { op: 'and', of: [{ op: 'reference', param: 'participant', targets }, { op: 'token', param: 'status', code: 'active' }] };
    await this.#each('CareTeam', where, (version, value) => {
      // Somebody may be on the teams of thousands of patients: those are not looked into.
      if (patientOf(value)) return;
      const entries = this.#parts.registry.extract(value);
      if (!isOfHouse(entries)) return;
      this.sources.add(`CareTeam/${version.id}`);
      if (this.#isNow(entries)) this.#add('team', `CareTeam/${version.id}`);
    });
  }

  #addRole(name: string, entries: readonly IndexEntry[]): void {
    this.sources.add(name);
    if (!this.#isNow(entries)) return;
    this.#add('role', name);
    for (const organization of targetsIn(entries, 'organization')) this.#add('organization', organization);
  }

  #add(kind: keyof ActorNames, name: string): void {
    if (!this.names[kind].includes(name)) this.names[kind].push(name);
  }

  async #each(type: string, where: Predicate, take: (version: Version, value: Value) => void): Promise<void> {
    await findEach(this.#parts.store, { types: [type], where }, (version) => { take(version, JSON.parse(version.body ?? '{}') as Value); });
  }

  /** Notes when the answer will be another one. */
  #isNow(entries: readonly IndexEntry[]): boolean {
    const { now } = this.#parts;
    return entries.every((entry) => {
      if (entry.kind !== 'date' || entry.param !== 'date') return true;
      for (const border of [entry.low, entry.high + 1]) if (border > now) this.until = Math.min(this.until, border);
      return entry.low <= now && now <= entry.high;
    });
  }
}
