/** Whether anything refers to a resource, by any reference parameter there is. */
import { resourceTypes, searchParameterDefs } from '../fhir/definitions.js';
import { tellingTypes, type OwnParam, type ResourceKey } from '../store/resource.js';
import { referenceText } from '../store-index/index-text.js';
import type { ParamKey } from '../store-index/keys.js';
import type { Connection } from './connection.js';
import { sysOf, type FileKeys } from './keys.js';

export interface Referrers {
  /** Whether a current resource outside of `except` ("Type/id") refers to the resource. */
  any(key: ResourceKey, except: ReadonlySet<string>, also?: readonly OwnParam[]): boolean;
}

/** Every reference parameter of every type: its key in the file. */
const referenceParams = (keys: FileKeys): ParamKey[] => {
  const found = new Map<number, ParamKey>();
  for (const { code, type, base } of searchParameterDefs()) {
    if (type !== 'reference') continue;
    for (const owner of base.includes('Resource') || base.includes('DomainResource') ? resourceTypes : base) {
      if (tellingTypes.has(owner)) continue;
      const param = keys.param(owner, code);
      found.set(param.key, param);
    }
  }
  return [...found.values()];
};

/** Returns the look-up of a connection. */
export const makeReferrers = (database: Connection, keys: FileKeys): Referrers => {
  const select = database.prepare('SELECT r.id, t.rid FROM token_index t JOIN resource r ON r.rid = t.rid WHERE t.key = ? AND t.sys = ? LIMIT ? + 0').raw();
  let params: readonly ParamKey[] | undefined;
  return {
    any: ({ type, id }, except, also = []) => {
      params ??= referenceParams(keys);
      const text = referenceText(`${type}/${id}`);
      return [...params, ...also.map((own) => keys.param(own.type, own.param))].some((param) => {
        const { key, check } = keys.value(param, 0, text);
        const rows = select.all(key, sysOf(check, 0), except.size + 1) as [string, number][];
        return rows.some(([own, rid]) => !except.has(`${keys.typeName(rid)}/${own}`));
      });
    },
  };
};
