/** What one request was shown and has written, gathered at the gate: what its audit will tell. */
import type { AuditFacts } from '../audit/event.js';
import { mayHave } from '../core/json/spelling.js';
import { compartmentParams } from '../fhir/definitions.js';
import type { Registry } from '../search/registry.js';
import type { IndexEntry } from '../store/index-entry.js';
import type { Version } from '../store/resource.js';

/** For what, and whether by break-glass. */
export type Why = Pick<AuditFacts, 'purpose' | 'reason' | 'emergency'>;

export interface Trail {
  /** Milliseconds since 1970. */
  readonly begun: number;
  /** Versions that the gate let through. */
  readonly shown: Version[];
  /** Something was there that the viewer must not see. */
  isHidden: boolean;
  /** A commit has taken the audit with it. */
  isRecorded: boolean;
  /** Returns why this patient's data may be seen, where it was said; set by who loads what the viewer may reach. */
  why?: ((patient: string | undefined) => Why | undefined) | undefined;
}

/** Returns the trail of a request that begins. */
export const beginTrail = (begun: number): Trail => ({ begun, shown: [], isHidden: false, isRecorded: false });

const membership = new WeakMap<Registry, Map<string, ReadonlySet<string>>>();

const paramsOf = (registry: Registry, type: string): ReadonlySet<string> => {
  const byType = membership.get(registry) ?? new Map<string, ReadonlySet<string>>();
  membership.set(registry, byType);
  const known = byType.get(type);
  if (known !== undefined) return known;
  const parameters = registry.parametersOf(type);
  const own = compartmentParams('Patient', type);
  // R4 has no Device, Task, Contract or GuidanceResponse in the compartment, though each may be about a patient.
  const codes = own.length === 0 ? ['patient'] : own;
  const made = new Set(codes.flatMap((code) => parameters.get(code)?.sources ?? []).map(({ param }) => param));
  byType.set(type, made);
  return made;
};

const prefix = 'Patient/';

/** Returns the ids of the patients in whose record a resource with these entries is: in whose compartment, or about whom where its type is in none. */
export const patientsIn = (registry: Registry, { type, id, entries }: { readonly type: string; readonly id: string; readonly entries: readonly IndexEntry[] }): readonly string[] => {
  if (type === 'Patient') return [id];
  const params = paramsOf(registry, type);
  const found = new Set<string>();
  for (const entry of entries) if (entry.kind === 'reference' && entry.target.startsWith(prefix) && params.has(entry.param)) found.add(entry.target.slice(prefix.length));
  return [...found];
};

/** Versions never change, so what was found once stays true, for one server and its parameters. The oldest are forgotten. */
const remembered = 20_000;
const knownBy = new WeakMap<Registry, Map<string, readonly string[]>>();
const nobody: readonly string[] = [];

/** Returns the same of a version; none for a delete, which names nobody. Whose a Binary is it does not say by itself: `whose.ts`. */
export const patientsOf = (registry: Registry, version: Pick<Version, 'type' | 'id' | 'version' | 'seq' | 'updated' | 'body'>): readonly string[] => {
  const { type, id, body } = version;
  if (type === 'Patient') return [id];
  if (body === undefined || paramsOf(registry, type).size === 0 || !mayHave(body, prefix)) return nobody;
  const known = knownBy.get(registry) ?? new Map<string, readonly string[]>();
  knownBy.set(registry, known);
  const name = `${type}/${id} ${String(version.version)} ${String(version.seq)} ${String(version.updated)}`;
  const before = known.get(name);
  if (before !== undefined) return before;
  const patients = patientsIn(registry, { type, id, entries: registry.extract(JSON.parse(body) as Record<string, unknown>) });
  const [oldest] = known.size < remembered ? [] : known.keys();
  if (oldest !== undefined) known.delete(oldest);
  known.set(name, patients);
  return patients;
};
