/** Random requests over all interactions that the server has, as fast-check makes and shrinks them. */
import fc from 'fast-check';
import { criteriaOf, idOf, references, searchParams, types } from './parameter.js';

/** One request; `body` is a value to be sent as JSON. */
export interface Wish {
  readonly method: string;
  /** Below the base, with the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Pages to follow by the `next` links of the answer. */
  readonly follow?: number;
}

const anyOf = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const type = fc.oneof({ weight: 2, arbitrary: anyOf('Observation', 'Patient', 'Encounter', 'Condition') }, { weight: 1, arbitrary: anyOf(...types, 'ValueSet') });
const key = type.chain((name) => idOf(name).map((id) => ({ type: name, id })));
const place = key.map((one) => `/${one.type}/${one.id}`);
const query = (params: readonly string[]): string => (params.length === 0 ? '' : `?${params.join('&')}`);

const conditions: fc.Arbitrary<Readonly<Record<string, string>>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: anyOf('W/"1"', 'W/"2"', '*').map((tag) => ({ 'if-none-match': tag })) }, { weight: 1, arbitrary: anyOf('Thu, 01 Jan 2026 00:00:00 GMT', 'Sat, 03 Jan 2026 00:00:00 GMT').map((date) => ({ 'if-modified-since': date })) },
);
const writeHeaders: fc.Arbitrary<Readonly<Record<string, string>>> = fc.record({
  'if-match': anyOf<string | undefined>(undefined, undefined, undefined, 'W/"1"', 'W/"2"', '*'), prefer: anyOf<string | undefined>(undefined, 'return=minimal', 'return=representation', 'return=OperationOutcome'),
  'x-dry-run': anyOf<string | undefined>(undefined, undefined, undefined, 'true'), 'idempotency-key': anyOf<string | undefined>(undefined, undefined, undefined, 'k1', 'k2'),
}).map((headers) => Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)));

const get = (path: fc.Arbitrary<string>): fc.Arbitrary<Wish> => fc.tuple(anyOf('GET', 'GET', 'GET', 'HEAD'), path, conditions).map(([method, to, headers]) => ({ method, path: to, headers }));

const reads: fc.Arbitrary<Wish> = get(fc.tuple(place, anyOf('', '', '', '?_summary=true', '?_elements=id')).map(([to, more]) => to + more));
const vreads: fc.Arbitrary<Wish> = get(fc.tuple(place, anyOf('1', '2', '3', '0', '99')).map(([to, version]) => `${to}/_history/${version}`));
const histories: fc.Arbitrary<Wish> = fc.tuple(fc.oneof({ weight: 6, arbitrary: place }, { weight: 1, arbitrary: type.map((name) => `/${name}`) }, { weight: 1, arbitrary: fc.constant('') }), anyOf('', '', '?_count=1', '?_since=2026-01-02', '?_at=2026-01-02', '?_count=0'))
  .map(([to, more]) => ({ method: 'GET', path: `${to}/_history${more}`, follow: 3 }));

const searches: fc.Arbitrary<Wish> = type.chain((name) => fc.tuple(searchParams(name), anyOf('GET', 'GET', 'GET', 'POST', 'HEAD'), anyOf<string | undefined>(undefined, undefined, 'handling=lenient', 'handling=strict')).map(([params, method, prefer]): Wish => {
  const headers = prefer === undefined ? {} : { prefer };
  if (method !== 'POST') return { method, path: `/${name}${query(params)}`, headers, follow: 3 };
  const [first, ...rest] = params;
  return { method, path: `/${name}/_search${first === undefined ? '' : `?${first}`}`, headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body: rest.join('&'), follow: 2 };
}));

const systemSearches: fc.Arbitrary<Wish> = fc.tuple(fc.uniqueArray(type, { minLength: 1, maxLength: 3 }), fc.array(anyOf('_lastUpdated=gt2026-01-02', '_id=A,B', '_tag=t1', '_count=2', '_total=accurate', '_sort=-_lastUpdated', '_summary=count', '_include=*'), { maxLength: 2 }))
  .map(([names, params]) => ({ method: 'GET', path: `/?_type=${names.join(',')}${params.map((param) => `&${param}`).join('')}`, follow: 3 }));

const compartments: fc.Arbitrary<Wish> = fc.tuple(anyOf('Patient/A', 'Patient/B', 'Patient/none', 'Practitioner/P', 'Encounter/encoun-A-1', 'Encounter/encoun-B-1', 'Device/device-B-1', 'RelatedPerson/relate-B-1'), fc.oneof({ weight: 5, arbitrary: type }, { weight: 2, arbitrary: fc.constant('*') }))
  .chain(([focus, member]) => searchParams(member === '*' ? 'Observation' : member).map((params): Wish => ({ method: 'GET', path: `/${focus}/${member}${query(member === '*' ? params.filter((param) => param.startsWith('_count') || param.startsWith('_total')) : params)}`, follow: 2 })));

const operations: fc.Arbitrary<Wish> = fc.oneof(
  fc.tuple(anyOf('Patient/A', 'Patient/B', 'Patient/none', 'Encounter/encoun-A-1', 'Encounter/encoun-B-2'), anyOf('', '?_count=5', '?_type=Observation,Condition', '?start=2020-01-01', '?_since=2026-01-02')).map(([of, more]): Wish => ({ method: 'GET', path: `/${of}/$everything${more}`, follow: 3 })),
  fc.tuple(anyOf('Patient/A', 'Patient/B', 'Patient/none'), anyOf('', '&max=2', '&category=laboratory', '&code=c1')).map(([of, more]): Wish => ({ method: 'GET', path: `/Observation/$lastn?patient=${of}${more}` })),
  place.map((of): Wish => ({ method: 'GET', path: `${of}/$meta` })), fc.tuple(place, anyOf('', '?mode=delete')).map(([of, more]): Wish => ({ method: 'GET', path: `${of}/$validate${more}` })),
  anyOf('url=http://codes.example/private', 'url=ValueSet/VS').map((what): Wish => ({ method: 'GET', path: `/ValueSet/$expand?${what}` })), fc.constant<Wish>({ method: 'GET', path: '/ValueSet/VS/$expand' }), fc.constant<Wish>({ method: 'GET', path: '/Patient/A/$who-saw' }),
  fc.constant<Wish>({ method: 'GET', path: '/ValueSet/$validate-code?url=http://codes.example/private&system=http://codes.example&code=c1' }),
);

/** What is written: of one patient, referring to things of others. */
const resourceOf = (name: string): fc.Arbitrary<Readonly<Record<string, unknown>>> => fc.record({ patient: anyOf('A', 'A', 'A', 'B', 'none'), code: anyOf('c1', 'c2'), identifier: anyOf('1', '2', '9'), far: idOf('Observation'), encounter: idOf('Encounter'), category: anyOf('laboratory', 'vital-signs') }).map(({ patient, code, identifier, far, encounter, category }) => {
  const subject = { reference: `Patient/${patient}` };
  const coded = { coding: [{ system: 'http://codes.example', code }] };
  const common = { resourceType: name, identifier: [{ system: 'urn:x', value: identifier }] };
  switch (name) {
    case 'Patient': return { ...common, gender: 'other', link: [{ other: subject, type: 'seealso' }] };
    case 'Condition': return { ...common, subject, code: coded, encounter: { reference: `Encounter/${encounter}` } };
    case 'Encounter': return { ...common, status: 'finished', class: { code: 'AMB' }, subject, partOf: { reference: `Encounter/${encounter}` } };
    default: return { ...common, resourceType: 'Observation', status: 'final', code: coded, subject, encounter: { reference: `Encounter/${encounter}` }, hasMember: [{ reference: `Observation/${far}` }], category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: category }] }] };
  }
});
const written = anyOf('Observation', 'Observation', 'Condition', 'Encounter', 'Patient');

const patches: fc.Arbitrary<{ readonly body: unknown; readonly headers: Readonly<Record<string, string>> }> = fc.oneof(
  anyOf<object>({ op: 'add', path: '/language', value: 'fr' }, { op: 'replace', path: '/subject/reference', value: 'Patient/B' }, { op: 'replace', path: '/subject/reference', value: 'Patient/A' }, { op: 'test', path: '/status', value: 'final' }, { op: 'remove', path: '/code' })
    .map((operation) => ({ body: [operation], headers: { 'content-type': 'application/json-patch+json' } })),
  anyOf('language').map((name) => ({ body: { resourceType: 'Parameters', parameter: [{ name: 'operation', part: [{ name: 'type', valueCode: 'add' }, { name: 'path', valueString: '%resource' }, { name: 'name', valueString: name }, { name: 'value', valueCode: 'de' }] }] }, headers: { 'content-type': 'application/fhir+json' } })),
);

const writes: fc.Arbitrary<Wish> = written.chain((name) => fc.tuple(resourceOf(name), idOf(name), criteriaOf(name), writeHeaders, patches).chain(([resource, id, criteria, headers, patch]) => anyOf<Wish>(
  { method: 'POST', path: `/${name}`, headers, body: resource },
  { method: 'POST', path: `/${name}`, headers: { ...headers, 'if-none-exist': criteria }, body: resource },
  { method: 'PUT', path: `/${name}/${id}`, headers, body: { ...resource, id } },
  { method: 'PUT', path: `/${name}?${criteria}`, headers, body: resource },
  { method: 'PUT', path: `/${name}?${criteria}`, headers, body: { ...resource, id } },
  { method: 'PATCH', path: `/${name}/${id}`, headers: { ...headers, ...patch.headers }, body: patch.body },
  { method: 'PATCH', path: `/${name}?${criteria}`, headers: { ...headers, ...patch.headers }, body: patch.body },
  { method: 'DELETE', path: `/${name}/${id}`, headers },
  { method: 'DELETE', path: `/${name}?${criteria}`, headers },
  { method: 'POST', path: `/${name}/${id}/$validate?mode=update`, body: { ...resource, id } },
)));

const patchResource = (body: unknown): unknown => (Array.isArray(body) ? { resourceType: 'Binary', contentType: 'application/json-patch+json', data: Buffer.from(JSON.stringify(body)).toString('base64') } : body);

const entryOf = ({ method, path, headers = {}, body }: Wish): object => ({
  ...(body === undefined || typeof body === 'string' ? {} : { resource: patchResource(body) }),
  request: {
    method, url: path.slice(1), ...(headers['if-none-exist'] === undefined ? {} : { ifNoneExist: headers['if-none-exist'] }), ...(headers['if-match'] === undefined ? {} : { ifMatch: headers['if-match'] }), ...(headers['if-none-match'] === undefined ? {} : { ifNoneMatch: headers['if-none-match'] }),
  },
});

const conditionalReference: fc.Arbitrary<Wish> = anyOf('Patient?identifier=urn:mrn|1', 'Patient?identifier=mrn-B', 'Patient?name=Smith', 'Practitioner?name=Smith').map((text) => ({ method: 'POST', path: '/Observation', body: { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/A' }, performer: [{ reference: text }] } }));

/** Entries of a batch run side by side: of two that write by one method either may be first, in each world another. So a batch has one of each. */
const entriesOf = (kind: string, wishes: readonly Wish[]): readonly Wish[] => {
  const parts = wishes.filter(({ path }) => !path.includes('_search'));
  return kind !== 'batch' ? parts : parts.filter(({ method }, at) => method === 'GET' || method === 'HEAD' || parts.findIndex((other) => other.method === method) === at);
};

const bundles: fc.Arbitrary<Wish> = fc.tuple(anyOf('batch', 'batch', 'transaction'), fc.array(fc.oneof({ weight: 2, arbitrary: reads }, vreads, { weight: 2, arbitrary: searches }, { weight: 4, arbitrary: writes }, conditionalReference, operations.filter(({ method }) => method === 'GET')), { minLength: 1, maxLength: 5 }), writeHeaders)
  .map(([kind, parts, headers]) => ({ method: 'POST', path: '/', headers: Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'if-match')), body: { resourceType: 'Bundle', type: kind, entry: entriesOf(kind, parts).map(entryOf) } }));

/** Any request. */
export const anyWish: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 4, arbitrary: reads }, { weight: 2, arbitrary: vreads }, { weight: 3, arbitrary: histories }, { weight: 14, arbitrary: searches }, { weight: 2, arbitrary: systemSearches }, { weight: 3, arbitrary: compartments },
  { weight: 3, arbitrary: operations }, { weight: 8, arbitrary: writes }, { weight: 4, arbitrary: bundles },
);

/** The types that a search may start from: every one that worlds have. */
export const searchedTypes: readonly string[] = Object.keys(references);
