/**
 * Makes the snapshot of a profile that has a differential only (https://hl7.org/fhir/R4/profiling.html#snapshot): the
 * elements of its base, changed, sliced and entered as the differential says.
 */
import { baseProfile, childrenOfType } from './base.js';
import { coreName, type Profile, type ProfileElement } from './definition.js';
import { isType } from '../definitions.js';

/** Finds a profile by canonical URL. */
export type FindProfile = (canonical: string) => Profile | undefined;

/** The differential cannot be applied: its base is not known, or it names an element that is not there. */
export class SnapshotError extends Error {}

/** Returns the profile with all elements. Throws SnapshotError. */
export const withSnapshot = (profile: Profile, find: FindProfile, under: readonly string[] = []): Profile => {
  if (profile.isSnapshot) return profile;
  if (under.includes(profile.url)) throw new SnapshotError(`${profile.url} is derived from itself`);
  const name = coreName(profile.base);
  const base = name !== undefined && isType(name) ? baseProfile(name) : find(profile.base);
  if (base === undefined) throw new SnapshotError(`${profile.base}, which ${profile.url} is derived from, is not known`);
  const making = new Making(withSnapshot(base, find, [...under, profile.url]).elements, (canonical) => {
    const found = find(canonical);
    return found && withSnapshot(found, find, [...under, profile.url]);
  });
  for (const element of profile.elements) making.apply(element);
  return { ...profile, elements: making.elements, isSnapshot: true };
};

const parentOf = (id: string): string => id.slice(0, id.lastIndexOf('.'));
const lastOf = (id: string): string => id.slice(id.lastIndexOf('.') + 1);
const isUnder = (id: string, head: string): boolean => id.startsWith(head) && (id.length === head.length || id[head.length] === '.' || id[head.length] === ':' || id[head.length] === '/');
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What is entered again and again doubles what it is entered from. */
const mostElements = 10_000;
const deepest = 50;

class Making {
  readonly elements: ProfileElement[];
  readonly #find: FindProfile;

  constructor(elements: readonly ProfileElement[], find: FindProfile) {
    this.elements = [...elements];
    this.#find = find;
  }

  apply(change: ProfileElement): void {
    if (change.id.split('.').length > deepest) throw new SnapshotError(`${change.id.slice(0, 100)}... lies deeper than ${String(deepest)} elements`);
    const id = this.#knownId(change.id);
    const at = this.#reach(id, change);
    const before = this.elements[at];
    if (before === undefined) return;
    this.elements[at] = merged(before, { ...change, id, path: before.path });
    if (change.id !== id && (change.min ?? 0) > 0) this.#require(id);
  }

  /** A type of a choice that must be there, by its short path (`effectiveDateTime`), is the only one there can be. */
  #require(id: string): void {
    const cut = id.lastIndexOf('[x]:');
    const at = this.#indexOf(id.slice(0, cut + 3));
    const [head, slice] = [this.elements[at], this.elements[this.#indexOf(id)]];
    if (cut < 0 || id.slice(cut).includes('.') || head === undefined || slice?.types === undefined) return;
    this.elements[at] = { ...head, min: 1, types: slice.types };
  }

  #indexOf(id: string): number {
    return this.elements.findIndex((element) => element.id === id);
  }

  /** `Observation.valueQuantity` is `Observation.value[x]:valueQuantity`, wherever it stands in an id. */
  #knownId(id: string): string {
    let known = '';
    for (const step of id.split('.')) {
      const next = known === '' ? step : `${known}.${step}`;
      known = known === '' || this.#indexOf(next) >= 0 ? next : this.#choiceId(known, step) ?? next;
    }
    return known;
  }

  #choiceId(parent: string, step: string): string | undefined {
    const [name = step] = step.split(':');
    if (name.endsWith('[x]') || !/[A-Z]/.test(name)) return undefined;
    if (this.#indexOf(parent) >= 0 && this.#indexOf(`${parent}.${name}`) < 0) this.#open(parent);
    const choice = this.elements.find((element) => parentOf(element.id) === parent && element.id.endsWith('[x]') && this.#isNamed(element, name));
    if (choice === undefined) return undefined;
    return `${choice.id}:${name}`;
  }

  #isNamed({ id, types = [] }: ProfileElement, name: string): boolean {
    const stem = lastOf(id).slice(0, -3);
    return name.startsWith(stem) && types.some(({ code }) => name === stem + capital(code));
  }

  /** Returns the index of the element; makes it when it is a slice, or lies inside of what has not been entered yet. */
  #reach(id: string, change: ProfileElement): number {
    const found = this.#indexOf(id);
    if (found >= 0) return found;
    if (lastOf(id).includes(':')) return this.#makeSlice(id, change);
    const parent = parentOf(id);
    if (parent === '') throw new SnapshotError(`${id} is not an element of the base`);
    this.#reach(parent, { id: parent, path: parentOf(change.path) });
    this.#open(parent);
    const made = this.#indexOf(id);
    if (made < 0) throw new SnapshotError(`${id} is not an element of the base`);
    return made;
  }

  #makeSlice(id: string, change: ProfileElement): number {
    const cut = Math.max(id.lastIndexOf(':'), id.lastIndexOf('/'));
    const headId = id.slice(0, cut);
    const head = this.elements[this.#reach(headId, { id: headId, path: change.path })];
    if (head === undefined) throw new SnapshotError(`${headId} is not an element of the base`);
    const name = id.slice(id.lastIndexOf(':') + 1);
    const own = [...this.elements].filter((element) => element.id === headId || element.id.startsWith(`${headId}.`));
    const typed = this.#typesOf(head, name);
    const slice: ProfileElement = { ...unsliced(head), id, sliceName: name, min: 0, ...(typed === undefined ? {} : { types: typed, max: 1 }) };
    const inside = typed !== undefined || own.length === 1 ? [] : own.slice(1).map((element) => ({ ...element, id: id + element.id.slice(headId.length) }));
    if (head.slicing === undefined && typed !== undefined) this.elements[this.#indexOf(headId)] = { ...head, slicing: { discriminators: [{ type: 'type', path: '$this' }], rules: 'open', ordered: false } };
    let end = this.#indexOf(headId);
    while (end < this.elements.length && isUnder(this.elements[end]?.id ?? '', headId)) end += 1;
    this.#insert(end, [slice, ...inside]);
    return end;
  }

  /** The types of a slice by type, which its name tells: `valueQuantity`. */
  #typesOf({ id, types = [] }: ProfileElement, name: string): ProfileElement['types'] {
    if (!id.endsWith('[x]')) return undefined;
    const stem = lastOf(id).slice(0, -3);
    const own = types.filter(({ code }) => name === stem + capital(code));
    return own.length > 0 ? own : undefined;
  }

  /** Puts the elements inside of an element behind it. */
  #open(id: string): void {
    const at = this.#indexOf(id);
    const element = this.elements[at];
    if (element === undefined || this.elements[at + 1]?.id.startsWith(`${id}.`) === true) return;
    this.#insert(at + 1, this.#inside(element));
  }

  #insert(at: number, elements: readonly ProfileElement[]): void {
    if (this.elements.length + elements.length > mostElements) throw new SnapshotError(`it would have more than ${String(mostElements)} elements`);
    this.elements.splice(at, 0, ...elements);
  }

  #inside({ id, path, types = [], content }: ProfileElement): readonly ProfileElement[] {
    if (content !== undefined) return this.elements.filter((element) => element.id.startsWith(`${content}.`)).map((element) => ({ ...element, id: id + element.id.slice(content.length), path: path + element.path.slice(content.length) }));
    const [type, other] = types;
    if (type === undefined || other !== undefined) throw new SnapshotError(`${id} has no single type, so nothing inside of it can be constrained`);
    const profile = type.profiles?.length === 1 ? this.#find(type.profiles[0] ?? '') : undefined;
    if (profile === undefined) return childrenOfType(type.code, path).map((element) => ({ ...element, id: id + element.id.slice(path.length) }));
    return profile.elements.slice(1).map((element) => ({ ...element, id: id + element.id.slice(profile.type.length), path: path + element.path.slice(profile.type.length) }));
  }
}

const unsliced = (element: ProfileElement): ProfileElement => Object.fromEntries(Object.entries(element).filter(([name]) => name !== 'slicing')) as unknown as ProfileElement;

const merged = (before: ProfileElement, change: ProfileElement): ProfileElement => {
  const constraints = [...(before.constraints ?? []).filter(({ key }) => change.constraints?.some((one) => one.key === key) !== true), ...(change.constraints ?? [])];
  return { ...before, ...change, ...(constraints.length > 0 ? { constraints } : {}) };
};
