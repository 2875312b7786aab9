/** Whose record something stored is of, where the resource alone does not say: a Binary is of that of what it is shown with (https://hl7.org/fhir/R4/binary.html#security). */
import { contextOf } from '../access/binary.js';
import type { ResourceKey, Version, Write } from '../store/resource.js';
import type { Context } from './context.js';
import { patientsIn, patientsOf } from './trail.js';

const nobody: readonly string[] = [];

/** Returns what the text of a Binary names as its context; undefined for any other type. */
export const contextOfText = ({ service: { options: { baseUrl } } }: Context, { type, body }: Pick<Version, 'type' | 'body'>): ResourceKey | undefined =>
  (type === 'Binary' && body !== undefined ? contextOf(JSON.parse(body) as Readonly<Record<string, unknown>>, baseUrl) : undefined);

/** Resolves with the ids of the patients in whose record the version is; none for a delete, which names nobody. */
export const patientsOfVersion = async (context: Context, version: Version): Promise<readonly string[]> => {
  const { service: { registry, store } } = context;
  if (version.type !== 'Binary') return patientsOf(registry, version);
  const key = contextOfText(context, version);
  const target = key === undefined ? undefined : await store.read(key);
  return target === undefined ? nobody : patientsOf(registry, target);
};

/** Resolves with the ids of the patients that a write is about; a delete is about whom the resource was about. `among`: what the same commit writes. */
export const patientsOfWrite = async (context: Context, write: Write, among: readonly Write[]): Promise<readonly string[]> => {
  const { service: { registry, store } } = context;
  const { type, id, base, method, index, body } = write;
  if (method === 'DELETE') {
    const before = await store.read({ type, id }, base);
    return before === undefined ? nobody : patientsOfVersion(context, before);
  }
  const key = contextOfText(context, { type, body: body?.text });
  if (key === undefined) return patientsIn(registry, { type, id, entries: index });
  const beside = among.find((one) => one.type === key.type && one.id === key.id && one.method !== 'DELETE');
  if (beside !== undefined) return patientsIn(registry, { type: key.type, id: key.id, entries: beside.index });
  const target = await store.read(key);
  return target === undefined ? nobody : patientsOf(registry, target);
};
