/**
 * Who made a version and from what, stored in the commit that made it: one Provenance for each patient whose record a commit changes
 * (https://hl7.org/fhir/R4/provenance.html). None names another patient's data.
 */
import { toInstant } from '../core/clock.js';
import { stampResource } from '../core/json/stamp.js';
import type { Write } from '../store/resource.js';
import { agentOf } from './audited.js';
import type { Context } from './context.js';
import { patientsOfWrite } from './whose.js';

const activities = { POST: 'CREATE', PUT: 'UPDATE', PATCH: 'UPDATE', DELETE: 'DELETE' } as const;
const activityOf = ({ base, method }: Write): string => (base === 0 ? 'CREATE' : activities[method]);
const coded = (system: string, code: string) => ({ coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }] });

/** Resolves with the writes that tell of these writes; none for a commit of nothing but Provenance. */
export const provenanceOf = async (context: Context, writes: readonly Write[]): Promise<readonly Write[]> => {
  const about = new Map<string | undefined, Write[]>();
  for (const write of writes.filter(({ type }) => type !== 'Provenance')) {
    const patients = await patientsOfWrite(context, write, writes);
    for (const patient of patients.length === 0 ? [undefined] : patients) about.set(patient, [...(about.get(patient) ?? []), write]);
  }
  return [...about].map(([patient, changed]) => toWrite(context, provenanceText(context, patient, changed)));
};

const toWrite = ({ service: { ids, registry } }: Context, text: Readonly<Record<string, unknown>>): Write => {
  const id = ids.resource();
  return { type: 'Provenance', id, method: 'POST', base: 0, body: stampResource(JSON.stringify(text), { id, versionId: '1', lastUpdated: toInstant(0) }), index: registry.extract(text) };
};

const provenanceText = (context: Context, patient: string | undefined, writes: readonly Write[]) => {
  const { service, request } = context;
  const { client, user, account } = agentOf(context.viewer, request);
  const kinds = [...new Set(writes.map(activityOf))];
  const targets = writes.map(({ type, id, base }) => `${type}/${id}/_history/${String(base + 1)}`);
  // A Provenance is in a patient's compartment by its target alone.
  const isOwn = patient === undefined || writes.some(({ type, id }) => type === 'Patient' && id === patient);
  return {
    resourceType: 'Provenance',
    target: [...targets, ...(isOwn ? [] : [`Patient/${patient}`])].map((reference) => ({ reference })),
    recorded: toInstant(service.clock.now()),
    ...(kinds.length === 1 ? { activity: coded('v3-DataOperation', kinds[0] ?? 'UPDATE') } : {}),
    agent: [
      ...(user === undefined && account === undefined ? [] : [{ type: coded('provenance-participant-type', 'author'), who: { ...(user === undefined ? {} : { reference: user }), ...(account === undefined ? {} : { identifier: { value: account } }) } }]),
      { type: coded('provenance-participant-type', user === undefined && account === undefined ? 'author' : 'assembler'), who: client === undefined ? { display: 'unknown' } : { identifier: { value: client } } },
    ],
    entity: [{ role: 'source', what: { identifier: { system: 'https://concierge-fhir.example.org/request-id', value: request.requestId }, display: `${request.method} ${request.type ?? 'Bundle'}` } }],
  };
};
