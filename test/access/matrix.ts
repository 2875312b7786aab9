/**
 * The matrix of case B3: every way into a patient's compartment times every row of the route table. What is another patient's is answered
 * as what is not there, byte for byte; the same resource of the patient in context is there, so that the refusal is not for another reason.
 */
import { strict as assert } from 'node:assert';
import { toFhirError } from '../../src/core/error.js';
import { toInstant } from '../../src/core/clock.js';
import { stampResource } from '../../src/core/json/stamp.js';
import { perform } from '../../src/interaction/perform.js';
import type { FhirRequest } from '../../src/interaction/request.js';
import { routeOf, routeTable } from '../../src/interaction/route.js';
import type { Service } from '../../src/interaction/service.js';
import type { Write } from '../../src/store/resource.js';
import { memberOf, memberships, type Membership } from './membership-path.js';
import { patientToken } from './viewers.js';

const viewer = patientToken('pat-A', 'patient/*.cruds');

/** What a request is about: a resource and the patient whose it is. */
interface About {
  readonly type: string;
  readonly id: string;
  readonly patient: string;
  readonly content: Readonly<Record<string, unknown>>;
}

interface Asked {
  readonly path: string;
  readonly query?: string;
  readonly body?: unknown;
}

interface Told {
  readonly status: number;
  readonly text: string;
}

interface Row {
  readonly ask: (about: About) => Asked;
  /** Whether the answer about one's own shows that it is there; undefined: the row is refused to patients, whatever it is about. */
  readonly shows?: (told: Told, about: About) => boolean;
}

const shown = ({ status, text }: Told, { id }: About): boolean => status === 200 && text.includes(`"id":"${id}"`);
const done = ({ status }: Told): boolean => status < 300;
const language = [{ op: 'add', path: '/language', value: 'de' }];
const withId = ({ content, id }: About): unknown => ({ ...content, id });
const withoutId = ({ content }: About): unknown => content;
const byId = ({ id }: About): string => `_id=${id}`;
const claim = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { profile: ['http://profiles.example/p'] } }] };

/** By method and shape of the route table; a row that is not here is a failure. */
export const rows: Readonly<Record<string, Row>> = {
  'GET metadata': { ask: () => ({ path: 'metadata' }) },
  'POST system': { ask: ({ type, id }) => ({ path: '', body: { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: `${type}/${id}` } }] } }), shows: shown },
  'GET system': { ask: (about) => ({ path: '', query: `_type=${about.type}&${byId(about)}` }), shows: shown },
  'POST system-search': { ask: (about) => ({ path: '_search', query: `_type=${about.type}&${byId(about)}` }), shows: shown },
  'GET system-history': { ask: () => ({ path: '_history' }) },
  'GET type': { ask: (about) => ({ path: about.type, query: byId(about) }), shows: shown },
  'POST type-search': { ask: (about) => ({ path: `${about.type}/_search`, query: byId(about) }), shows: shown },
  'POST type': { ask: (about) => ({ path: about.type, body: withoutId(about) }), shows: (told, { type }) => (type === 'Patient' ? told.status === 403 : done(told)) },
  'PUT type': { ask: (about) => ({ path: about.type, query: byId(about), body: withoutId(about) }), shows: done },
  'PATCH type': { ask: (about) => ({ path: about.type, query: byId(about), body: language }), shows: done },
  'DELETE type': { ask: (about) => ({ path: about.type, query: byId(about) }), shows: done },
  'GET type-history': { ask: ({ type }) => ({ path: `${type}/_history` }) },
  'GET instance': { ask: ({ type, id }) => ({ path: `${type}/${id}` }), shows: shown },
  'PUT instance': { ask: (about) => ({ path: `${about.type}/${about.id}`, body: withId(about) }), shows: done },
  'PATCH instance': { ask: ({ type, id }) => ({ path: `${type}/${id}`, body: language }), shows: done },
  'DELETE instance': { ask: ({ type, id }) => ({ path: `${type}/${id}` }), shows: done },
  'GET instance-history': { ask: ({ type, id }) => ({ path: `${type}/${id}/_history` }), shows: shown },
  'GET version': { ask: ({ type, id }) => ({ path: `${type}/${id}/_history/1` }), shows: shown },
  'GET compartment': { ask: (about) => ({ path: `Patient/${about.patient}/${about.type}`, query: byId(about) }), shows: (told, about) => about.type === 'Patient' || shown(told, about) },
  'POST compartment-search': { ask: (about) => ({ path: `Patient/${about.patient}/${about.type}/_search`, query: byId(about) }), shows: (told, about) => about.type === 'Patient' || shown(told, about) },
  'GET operation': { ask: ({ type, id }) => ({ path: `${type}/${id}/$meta` }), shows: done },
  'POST operation': { ask: ({ type, id }) => ({ path: `${type}/${id}/$meta-add`, body: claim }), shows: done },
};

/** Returns the rows of the route table that the matrix does not know, and those it knows that are no row. */
export const strangeRows = (): string[] => {
  const table = new Set(routeTable.map(({ method, shape }) => `${method} ${shape}`));
  return [...[...table].filter((name) => !(name in rows)), ...Object.keys(rows).filter((name) => !table.has(name))];
};

const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Performs the request of a row, as the app of patient A. */
const tell = async (service: Service, method: string, { path, query = '', body }: Asked): Promise<Told> => {
  const payload: FhirRequest['payload'] = body === undefined ? undefined : { text: JSON.stringify(body), format: Array.isArray(body) ? 'json-patch' : 'json' };
  try {
    const route = routeOf(method, path.split('/').filter((part) => part !== ''));
    const { status, body: text = '', version } = await perform(service, viewer, { ...route, params: [...new URLSearchParams(query)], conditions: {}, prefer: { return: 'representation' }, payload, requestId: 'r' });
    return { status, text: `${text} ${JSON.stringify(version ?? null)}` };
  } catch (thrown) {
    const { status, code, message, issues } = toFhirError(thrown);
    return { status, text: `${code} ${message} ${JSON.stringify(issues)}` };
  }
};

/** The answer without what it is about and when it was made. */
const comparable = ({ status, text }: Told, { id, patient }: About): string =>
  `${String(status)} ${text.replaceAll(id, '<id>').replaceAll(`Patient/${patient}`, '<patient>').replace(uuid, '<random>').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<now>').replace(/"updated":\d+/g, '"updated":0')}`;

const letters = { own: 'pat-A', hidden: 'pat-B', absent: 'pat-X' } as const;

/** Ids that are compared have one length; each row has resources of its own, since some change them. */
const aboutOf = (membership: Membership, path: readonly string[], { at, row, who }: { readonly at: number; readonly row: number; readonly who: keyof typeof letters }): About => {
  const patient = letters[who];
  const { type, param } = membership;
  // A Patient is the one in context: every row is about the same.
  const id = param === undefined ? patient : `m${String(at).padStart(3, '0')}r${String(row).padStart(2, '0')}${patient.slice(-1)}`;
  return { type, id, patient, content: memberOf(membership, path, patient) };
};

const writeOf = (service: Service, { type, id, content }: About): Write => {
  const resource = { ...content, id };
  return { type, id, method: 'PUT', base: 0, body: stampResource(JSON.stringify(resource), { id, versionId: '1', lastUpdated: toInstant(0) }), index: service.registry.extract(resource) };
};

/** One way into the compartment, and its place among all. */
export interface Way {
  readonly membership: Membership;
  readonly path: readonly string[];
  readonly at: number;
}

/** Every branch of every parameter. */
export const ways: readonly Way[] = memberships.flatMap((membership) => (membership.param === undefined ? [[]] : membership.paths).map((path) => ({ membership, path }))).map((way, at) => ({ ...way, at }));

/** Rows that end what they are about come last where all are about one. */
const ordered = (): (readonly [string, Row])[] => Object.entries(rows).sort(([a], [b]) => Number(a.startsWith('DELETE')) - Number(b.startsWith('DELETE')));

/** Stores what the rows of these ways are about. */
export const settle = async (service: Service, chosen: readonly Way[]): Promise<void> => {
  const writes = chosen.flatMap(({ membership, path, at }) => ordered().flatMap((_, row) => (['own', 'hidden'] as const).map((who) => writeOf(service, aboutOf(membership, path, { at, row, who })))));
  const result = await service.store.commit({ writes: [...new Map(writes.map((write) => [`${write.type}/${write.id}`, write])).values()] });
  assert.ok(result.ok);
};

/** Resolves when every row tells of B's as of nobody's and shows A's; throws the first that does not. */
export const checkWay = async (service: Service, { membership, path, at }: Way): Promise<void> => {
  for (const [row, [name, { ask, shows }]] of ordered().entries()) {
    const [method = ''] = name.split(' ');
    const [own, hidden, absent] = (['own', 'hidden', 'absent'] as const).map((who) => aboutOf(membership, path, { at, row, who }));
    if (own === undefined || hidden === undefined || absent === undefined) throw new Error('nobody is missing');
    const one = await tell(service, method, ask(hidden));
    const other = await tell(service, method, ask(absent));
    assert.equal(comparable(one, hidden), comparable(other, absent), `${name} of ${hidden.type} by ${path.join('.')} is not answered as what is absent`);
    assert.doesNotMatch(one.text, /"id":"[^"]*B"/, `${name} of ${hidden.type} by ${path.join('.')} shows what is another's`);
    if (shows === undefined) continue;
    const control = await tell(service, method, ask(own));
    assert.ok(shows(control, own), `${name} of one's own ${own.type} by ${path.join('.')}: ${String(control.status)} ${control.text.slice(0, 300)}`);
  }
};
