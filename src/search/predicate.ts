/** How predicates are put together in the simplest form, so that engines and equality see no detours. */
import type { Predicate } from '../store/plan.js';

type Reference = Extract<Predicate, { op: 'reference' }>;

/** Whether nothing in it can be there twice. */
const isSimple = (one: Predicate): boolean => (one.op === 'reference' ? one.targets.length <= 1 : one.op === 'id' ? one.ids.length <= 1 : one.op !== 'or');

/** Returns what any of the alternatives asks for: nested ones flat, repeated ones once, lists of ids and targets joined. */
export const anyOf = (alternatives: readonly Predicate[]): Predicate => {
  const [only, another] = alternatives;
  if (only !== undefined && another === undefined && isSimple(only)) return only;
  const flat = alternatives.flatMap((each) => (each.op === 'or' ? each.of : [each]));
  const ids = flat.flatMap((each) => (each.op === 'id' ? each.ids : []));
  const references = new Map<string, Reference>();
  const others = new Map<string, Predicate>();
  for (const each of flat) {
    if (each.op === 'reference') {
      const key = JSON.stringify([each.param, each.within]);
      references.set(key, { ...each, targets: [...new Set([...(references.get(key)?.targets ?? []), ...each.targets])] });
    } else if (each.op !== 'id') others.set(JSON.stringify(each), each);
  }
  const of: Predicate[] = [...(ids.length > 0 ? [{ op: 'id' as const, ids: [...new Set(ids)] }] : []), ...references.values(), ...others.values()];
  const [first] = of;
  return of.length === 1 && first !== undefined ? first : { op: 'or', of };
};

/** Returns one predicate for all types: where it differs between them, each for its own types. */
export const perType = (types: readonly string[], compile: (type: string) => Predicate): Predicate => {
  const [only, another] = types;
  if (only !== undefined && another === undefined) return compile(only);
  const groups = new Map<string, { readonly types: string[]; readonly predicate: Predicate }>();
  for (const type of types) {
    const predicate = compile(type);
    const key = JSON.stringify(predicate);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { types: [type], predicate });
    else group.types.push(type);
  }
  const [first, second] = groups.values();
  if (first !== undefined && second === undefined) return first.predicate;
  return { op: 'or', of: [...groups.values()].map((group): Predicate => ({ op: 'and', of: [{ op: 'type', types: group.types }, group.predicate] })) };
};
