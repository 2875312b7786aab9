/** Scopes narrowed by a search parameter: every one that is indexed, on every type (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html). */
import { describe, expect, it } from '@jest/globals';
import { ScopeFault, sortScopes } from '../../../src/authorization/client/scope.js';
import { resourceTypes } from '../../../src/fhir/definitions.js';
import { makeRegistry, type SearchParameter } from '../../../src/search/registry.js';

const baseUrl = 'http://clinic.example/fhir';
const registry = makeRegistry({ baseUrl: () => baseUrl });
const client = { smart_type: 'public', smart_scope: 'patient/*.cruds' } as const;
const samples: Readonly<Record<string, string>> = { token: 'http://s|c', string: 'abc', date: '2020-01', number: '5', quantity: '5', uri: 'http://u', special: 'x', reference: 'Patient/1' };
const own: Readonly<Record<string, string>> = { _id: 'a-1', _filter: '_id%20eq%20a-1', near: '1|2|3|km' };

interface Sampled extends Pick<SearchParameter, 'code' | 'targets'> {
  readonly type: string;
  readonly components: readonly { readonly type: string; readonly targets: readonly string[] }[];
}

const sampleOf = ({ code, type, targets, components }: Sampled): string => {
  if (own[code] !== undefined) return own[code];
  if (type === 'composite') return components.map((component) => sampleOf({ code: '', components: [], ...component })).join('$');
  return type === 'reference' && targets[0] !== undefined ? `${targets[0]}/1` : samples[type] ?? 'x';
};

const faultOf = (scope: string): string | undefined => {
  try {
    return sortScopes(scope, { client, registry, baseUrl }).clinical.length === 1 ? undefined : 'dropped';
  } catch (error) {
    if (error instanceof ScopeFault) return error.message;
    throw error;
  }
};

const all = resourceTypes.flatMap((type) => [...registry.parametersOf(type).values()].map((parameter) => ({ type, parameter })));

describe('scopes narrowed by a search parameter', () => {
  it('are taken for every parameter that is indexed, on every type', () => {
    const faults = all.filter(({ parameter }) => parameter.searchable && parameter.code !== '_query').flatMap(({ type, parameter }) => {
      const scope = `patient/${type}.rs?${parameter.code}=${sampleOf(parameter)}`;
      const fault = faultOf(scope);
      return fault === undefined ? [] : [[scope, fault]];
    });
    expect(faults).toEqual([]);
    expect(all.length).toBeGreaterThan(3_000);
  });

  it('are refused in words for those that are not', () => {
    const refused = all.filter(({ parameter }) => !parameter.searchable || parameter.code === '_query');
    for (const { type, parameter } of refused) expect([parameter.code, faultOf(`patient/${type}.rs?${parameter.code}=x`)]).toEqual([parameter.code, expect.stringContaining('cannot be searched here')]);
  });
});
