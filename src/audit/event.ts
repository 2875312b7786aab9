/** One record of the journal as an AuditEvent, such as the profiles of IHE BALP shape it (https://profiles.ihe.net/ITI/BALP/). */
import { toInstant } from '../core/clock.js';

/** What the profiles tell apart; `execute` is everything else. */
export type AuditAction = 'read' | 'query' | 'create' | 'update' | 'delete' | 'execute';

/** Who asked. All of it undefined: nobody who could be named. */
export interface AuditAgent {
  /** client_id, or the name of the operator's command. */
  readonly client?: string | undefined;
  /** `Type/id` of the resource that the user is. */
  readonly user?: string | undefined;
  /** Id of the account. */
  readonly account?: string | undefined;
  /** Names the token; never the token itself. */
  readonly jti?: string | undefined;
  /** Network address of the client. */
  readonly address?: string | undefined;
}

export interface Coded {
  readonly system: string;
  readonly code: string;
  readonly display?: string | undefined;
}

export interface AuditFacts {
  /** Id of the AuditEvent. */
  readonly id: string;
  /** When the request began and when it was decided, in milliseconds since 1970. */
  readonly begun: number;
  readonly recorded: number;
  readonly action: AuditAction;
  /** Type of the event; a RESTful operation when undefined. */
  readonly type?: Coded | undefined;
  /** Code of http://hl7.org/fhir/restful-interaction, or another one. */
  readonly subtype: string | Coded;
  /** 0 success, 4 refused, 8 failed. */
  readonly outcome: '0' | '4' | '8';
  /** Error code or another short word; never data. */
  readonly outcomeText?: string | undefined;
  /** Something was there that had to stay hidden: for the journal alone, since who was refused may read the AuditEvent. */
  readonly hidden?: true | undefined;
  readonly agent: AuditAgent;
  /** Why, as codes of http://terminology.hl7.org/CodeSystem/v3-ActReason. */
  readonly purpose?: readonly string[] | undefined;
  /** Why, in the words of who asked. */
  readonly reason?: string | undefined;
  /** It was possible by break-glass alone. */
  readonly emergency?: true | undefined;
  /** Id of the one patient it is about. */
  readonly patient?: string | undefined;
  /** `Type/id`, or `Type/id/_history/version`. */
  readonly data?: readonly string[] | undefined;
  /** What else it is about, as a client_id, the id of an account, or a file: no reference to a resource. */
  readonly subject?: string | undefined;
  /** Query as sent. */
  readonly query?: string | undefined;
  /** X-Request-Id of the answer. */
  readonly requestId: string;
  /** Base of the server's URLs. */
  readonly site: string;
}

const dicom = 'http://dicom.nema.org/resources/ontology/DCM';
const source = `{"system":"${dicom}","code":"110153","display":"Source Role ID"}`;
const destination = `{"system":"${dicom}","code":"110152","display":"Destination Role ID"}`;
const profileBase = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.';
const actions: Readonly<Record<AuditAction, { readonly code: string; readonly profile: string | undefined; readonly clientIsSource: boolean }>> = {
  read: { code: 'R', profile: 'Read', clientIsSource: false },
  query: { code: 'E', profile: 'Query', clientIsSource: true },
  create: { code: 'C', profile: 'Create', clientIsSource: true },
  update: { code: 'U', profile: 'Update', clientIsSource: true },
  delete: { code: 'D', profile: 'Delete', clientIsSource: true },
  execute: { code: 'E', profile: undefined, clientIsSource: true },
};
const rest = '{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest","display":"Restful Operation"}';
const userType = '{"system":"https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes","code":"UserOauthAgent"}';
const entityType = (code: string, role: string): string =>
  `"type":{"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"${code}"},"role":{"system":"http://terminology.hl7.org/CodeSystem/object-role","code":"${role}"}`;
const patientEntity = entityType('1', '1');
const dataEntity = entityType('2', '4');
/** A security resource. */
const subjectEntity = entityType('4', '13');
const queryEntity = entityType('2', '24');
const requestEntity = '"type":{"system":"https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType","code":"XrequestId"}';
const eventSource = '"source":{"observer":{"display":"Concierge FHIR"},"type":[{"system":"http://terminology.hl7.org/CodeSystem/security-source-type","code":"4","display":"Application Server"}]}';

/** Returns the JSON text of the AuditEvent, the same for the same facts. */
export const auditEventText = (facts: AuditFacts): string => {
  const { code } = actions[facts.action];
  const desc = facts.outcomeText === undefined ? '' : `,"outcomeDesc":${quoted(facts.outcomeText)}`;
  return `{"resourceType":"AuditEvent","id":${quoted(facts.id)}${profileOf(facts)},"type":${facts.type === undefined ? rest : coding(facts.type)},"subtype":[${subtypesOf(facts)}],`
    + `"action":"${code}","period":{"start":"${toInstant(facts.begun)}","end":"${toInstant(facts.recorded)}"},"recorded":"${toInstant(facts.recorded)}","outcome":"${facts.outcome}"${desc}${purposeOf(facts)},`
    + `"agent":[${agentsOf(facts)}],${eventSource},"entity":[${entitiesOf(facts)}]}`;
};

const quoted = (text: string): string => JSON.stringify(text);

/** Only what is whole claims a profile: a refusal names what was asked for, not what was shown. */
const profileOf = ({ action, patient, outcome }: AuditFacts): string => {
  const { profile } = actions[action];
  return profile === undefined || outcome !== '0' ? '' : `,"meta":{"profile":["${profileBase}${patient === undefined ? '' : 'Patient'}${profile}"]}`;
};

const coding = ({ system, code, display }: Coded): string =>
  `{"system":${quoted(system)},"code":${quoted(code)}${display === undefined ? '' : `,"display":${quoted(display)}`}}`;

const emergencyOverride = `{"system":"${dicom}","code":"110127","display":"Emergency Override Started"}`;

const subtypesOf = ({ subtype, emergency }: AuditFacts): string => `${subtypeOf(subtype)}${emergency === true ? `,${emergencyOverride}` : ''}`;

const subtypeOf = (subtype: string | Coded): string =>
  (typeof subtype === 'string' ? `{"system":"http://hl7.org/fhir/restful-interaction","code":"${subtype}"}` : coding(subtype));

/** Of http://terminology.hl7.org/CodeSystem/v3-ActReason. */
const breakTheGlass = 'BTG';

const purposeOf = ({ purpose = [], reason, emergency }: AuditFacts): string => {
  const codes = emergency === true && !purpose.includes(breakTheGlass) ? [breakTheGlass, ...purpose] : purpose;
  const codings = codes.map((code) => coding({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }));
  const members = [...(codings.length === 0 ? [] : [`"coding":[${codings.join(',')}]`]), ...(reason === undefined ? [] : [`"text":${quoted(reason)}`])];
  return members.length === 0 ? '' : `,"purposeOfEvent":[{${members.join(',')}}]`;
};

const agentsOf = ({ action, agent, site }: AuditFacts): string => {
  const { clientIsSource } = actions[action];
  const { client, user, account, jti, address } = agent;
  const policy = jti === undefined ? '' : `,"policy":[${quoted(`urn:ietf:params:oauth:jti:${jti}`)}]`;
  const network = address === undefined ? '' : `,"network":{"address":${quoted(address)},"type":"2"}`;
  const who = client === undefined ? '{"display":"unknown"}' : `{"identifier":{"value":${quoted(client)}}}`;
  const hasUser = user !== undefined || account !== undefined;
  const agents = [
    `{"type":{"coding":[${clientIsSource ? source : destination}]},"who":${who},"requestor":${String(!hasUser)}${hasUser ? '' : policy}${network}}`,
    `{"type":{"coding":[${clientIsSource ? destination : source}]},"who":{"display":"Concierge FHIR"},"requestor":false,"network":{"address":${quoted(site)},"type":"5"}}`,
  ];
  if (hasUser) agents.push(`{"type":{"coding":[${userType}]},"who":{${whoOf(user, account)}},"requestor":true${policy}}`);
  return agents.join(',');
};

const whoOf = (user: string | undefined, account: string | undefined): string => [
  ...(user === undefined ? [] : [`"reference":${quoted(user)}`]),
  ...(account === undefined ? [] : [`"identifier":{"value":${quoted(account)}}`]),
].join(',');

const entitiesOf = ({ patient, data = [], subject, query, requestId }: AuditFacts): string => {
  const entities = [`{"what":{"identifier":{"value":${quoted(requestId)}}},${requestEntity}}`];
  if (patient !== undefined) entities.push(`{"what":{"reference":${quoted(`Patient/${patient}`)}},${patientEntity}}`);
  for (const reference of data) entities.push(`{"what":{"reference":${quoted(reference)}},${dataEntity}}`);
  if (subject !== undefined) entities.push(`{"what":{"identifier":{"value":${quoted(subject)}}},${subjectEntity}}`);
  if (query !== undefined) entities.push(`{${queryEntity},"query":"${Buffer.from(query).toString('base64')}"}`);
  return entities.join(',');
};
