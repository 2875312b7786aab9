/** Profiles, tags and security labels in use, for $meta of a type and of the server (https://hl7.org/fhir/R4/resource-operation-meta.html). */
import { makeBreather } from '../../core/breathe.js';
import { FhirError } from '../../core/error.js';
import { memberSpans } from '../../core/json/span.js';
import type { Context } from '../../interaction/context.js';
import { find } from '../../interaction/gate.js';
import type { Position, Predicate } from '../../store/plan.js';
import type { JsonObject } from '../parameters.js';

const lists = ['profile', 'security', 'tag'] as const;

/** Resources whose labels are read for one answer. */
const mostLabelled = 200_000;
const pageSize = 500;

const labelled: Predicate = {
  op: 'or', of: lists.map((name): Predicate => ({ op: 'not', of: { op: 'missing', param: `_${name}`, kind: name === 'profile' ? 'uri' : 'token' } })),
};

/** Returns a Meta with what resources of these types have, of those the viewer may find: each label once, sorted. Throws `too-costly`. */
export const labelsInUse = async (context: Context, types: readonly string[]): Promise<JsonObject> => {
  const found = { profile: new Map<string, unknown>(), security: new Map<string, unknown>(), tag: new Map<string, unknown>() };
  const breathe = makeBreather();
  let [after, seen]: [Position | undefined, number] = [undefined, 0];
  do {
    const { matches, next } = await find(context, { types, where: labelled, count: pageSize, after }, { signal: context.request.signal });
    for (const { body } of matches) {
      const meta = metaOf(body ?? '{}');
      for (const name of lists) for (const label of itemsOf(meta[name])) found[name].set(keyOf(label), found[name].get(keyOf(label)) ?? label);
      await breathe();
    }
    seen += matches.length;
    after = next;
    if (after !== undefined && seen >= mostLabelled) throw new FhirError('too-costly', `More than ${String(mostLabelled)} resources have labels; ask for those of one type, or of one resource.`);
  } while (after !== undefined);
  return Object.fromEntries(lists.flatMap((name) => (found[name].size === 0 ? [] : [[name, [...found[name]].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, label]) => label)]])));
};

const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value as unknown[] : []);

/** Only this member is read: resources are long, what labels them is short. */
const metaOf = (body: string): JsonObject => {
  const meta = memberSpans(body).find(({ name }) => name === 'meta');
  return meta === undefined ? {} : JSON.parse(body.slice(meta.valueStart, meta.end)) as JsonObject;
};

/** Labels are the same when system and code are; the rest of a Coding describes. */
const keyOf = (label: unknown): string => {
  if (typeof label !== 'object' || label === null) return String(label);
  const { system, code } = label as { readonly system?: unknown; readonly code?: unknown };
  return JSON.stringify([system, code]);
};
