/** From what the plan names (type, parameter, values) to the small integers that stand for it in a database (https://hl7.org/fhir/R4/search.html). */
import { absorb, hash48, hashKey, hashText, type Hash, type HashState } from './keyed-hash.js';

/** A parameter of a type: its own key, and the state that hashes of its values begin with. */
export interface ParamKey {
  /** 46 bits. */
  readonly key: number;
  readonly state: HashState;
}

export interface Keys {
  param(type: string, param: string): ParamKey;
  /** The same, from the key as packed entries have it. */
  paramOf(key: number): ParamKey;
  /** Of the other components of a composite, or of a unit. */
  within(text: string): number;
  /** Of a system; never 0, which stands for none. */
  system(text: string): number;
  /** Of type and id. */
  identity(type: string, id: string): number;
  /** Of a text as it was written. */
  exact(text: string): number;
  /** Of one value of a parameter; `within` as above, 0 for none. */
  value(param: ParamKey, within: number, value: string): Hash;
}

const capacity = 4_096;

/** Returns the same function with its answers kept, a bounded number of them. */
const remembered = <T>(make: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (known.size >= capacity) known.clear();
    known.set(text, made);
    return made;
  };
};

/** Key of the hashes: 64 bits that only the database knows. */
export type Salt = readonly [low: number, high: number];

/** Returns the keys of a database. */
export const makeKeys = (salt: Salt): Keys => {
  const root = hashKey(...salt);
  const states = { identity: absorb(root, 'identity'), within: absorb(root, 'within'), system: absorb(root, 'system'), exact: absorb(root, 'exact'), param: absorb(root, 'param'), value: absorb(root, 'value') };
  const byKey = new Map<number, ParamKey>();
  const paramOf = (key: number): ParamKey => {
    const found = byKey.get(key);
    if (found !== undefined) return found;
    const made = { key, state: absorb(states.value, String(key)) };
    if (byKey.size >= capacity) byKey.clear();
    byKey.set(key, made);
    return made;
  };
  const params = new Map<string, Map<string, ParamKey>>();
  const param = (type: string, code: string): ParamKey => {
    let own = params.get(type);
    if (own === undefined) params.set(type, (own = new Map<string, ParamKey>()));
    const found = own.get(code);
    if (found !== undefined) return found;
    const made = paramOf(Math.floor(hash48(absorb(states.param, type, code), '') / 4));
    if (own.size >= capacity) own.clear();
    own.set(code, made);
    return made;
  };
  const value = (of: ParamKey, within: number, text: string): Hash => hashText(within === 0 ? of.state : absorb(of.state, String(within)), text);
  return {
    param, paramOf, value,
    within: remembered((text) => hash48(states.within, text) || 1),
    system: remembered((text) => hash48(states.system, text) || 1),
    identity: (type, id) => hash48(states.identity, `${type}/${id}`),
    exact: (text) => hash48(states.exact, text),
  };
};
