/**
 * Every setting there is: one row each, read once at start from the environment. The settings table in the documentation is
 * generated from this file (`concierge settings --markdown`).
 */
import { bytes, choice, flag, folder, fourNames, hostName, httpUrl, integer, optional, secret, smtpUrl, words, type Reader } from './value.js';

export interface Setting<T> extends Reader<T> {
  /** Name of the environment variable. */
  readonly env: string;
  /** As it would be written; `''` is absent. */
  readonly fallback: string;
  /** What it is for, one or two sentences. */
  readonly about: string;
  /** Heading of the table it belongs under. */
  readonly group: string;
  /** Never shown. */
  readonly hidden: boolean;
}

type Row = readonly [env: string, fallback: string, about: string];

const inGroup = (group: string) => <T>([env, fallback, about]: Row, { read, form }: Reader<T>, hidden = false): Setting<T> => ({ env, fallback, about, read, form, group, hidden });
const service = inGroup('Service');
const behaviour = inGroup('FHIR behaviour');
const access = inGroup('Authorization');
const audit = inGroup('Audit');
const limit = inGroup('Limits');
const time = inGroup('Times');

export const settings = {
  port: service(['PORT', '8080', 'Port to listen on; 0 takes a free one.'], integer(0, 65_535)),
  host: service(['HOST', '127.0.0.1', 'Address to listen on. Everything but loopback needs authorization.'], hostName),
  baseUrl: service(['BASE_URL', '', 'Where clients reach the server, without `/fhir`; `http://HOST:PORT` when absent. Links and `fullUrl` begin with it, whatever a request calls its host.'], optional(httpUrl)),
  dataDir: service(['DATA_DIR', './data', 'Folder of everything the server keeps: store, control socket, keys. Readable by the server alone.'], folder),
  storeUrl: service(['STORE_URL', 'sqlite:', '`sqlite:` is the embedded store in DATA_DIR; `mongodb://host/database?replicaSet=name` is a MongoDB replica set, which several servers may share when they have the same PAGE_SECRET and AUTH_KEY.'], { form: '`sqlite:` or `mongodb://...`', read: (text) => text }, true),
  workers: service(['WORKERS', '1', 'Processes on this machine that answer on the one port; more than one needs a MongoDB. `concierge serve --workers N` says the same.'], integer(1, 64)),
  role: service(['ROLE', 'all', 'What a process does where several share a MongoDB: `api` answers requests, `worker` does the work of the background and answers only /healthz, /readyz and /metrics, `all` both.'], choice('all', 'api', 'worker')),
  workerNumber: service(['WORKER_NUMBER', '0', 'Which of WORKERS this process is; set by the process that starts them.'], integer(0, 64)),
  auth: service(['AUTH', 'smart', '`smart`: SMART on FHIR with the authorization server of this program. `external`: access tokens (JWT, RFC 9068) of another one, see EXTERNAL_ISSUER. `open` means no authorization at all, and is refused unless HOST is loopback.'], choice('smart', 'external', 'open')),
  logLevel: service(['LOG_LEVEL', 'info', 'What is logged, as JSON lines. No level logs bodies, search values or names.'], choice('debug', 'info', 'warn', 'error', 'silent')),
  corsOrigins: service(['CORS_ORIGINS', '', 'Origins of web apps that may call the API from a browser; `*` for any.'], words),
  trustProxy: service(['TRUST_PROXY', 'false', 'Whether a proxy in front sets X-Forwarded-For; without one, clients could lie about their address.'], flag),
  storeWriter: service(['STORE_WRITER', 'worker', 'Where the embedded store writes: on a thread of its own, or on the main one.'], choice('worker', 'inline')),

  clientIds: behaviour(['CLIENT_IDS', 'true', 'Whether PUT to a new id creates the resource under it.'], flag),
  conditionalDelete: behaviour(['CONDITIONAL_DELETE', 'single', 'What a conditional delete does when it matches several: refuse with 412, or delete all.'], choice('single', 'multiple')),
  referentialIntegrity: behaviour(['REFERENTIAL_INTEGRITY', 'warn', 'References to what is not there: not looked at, answered with a warning, or refused.'], choice('off', 'warn', 'enforce')),
  breakGlassMinutes: behaviour(['BREAK_GLASS_MINUTES', '60', 'How long a record that was opened in an emergency stays open at the most; 0: nobody can open one.'], integer(0, 60)),
  requireIfMatch: behaviour(['REQUIRE_IF_MATCH', 'false', 'Whether an update without If-Match is refused with 428.'], flag),
  terminologyUrl: behaviour(['TERMINOLOGY_URL', '', 'FHIR base of a terminology server that is asked about code systems and value sets this server has not. Codes go there, nothing else of a resource.'], optional(httpUrl)),
  terminologySeconds: behaviour(['TERMINOLOGY_TIMEOUT_SECONDS', '5', 'How long that server may take to answer; then the code counts as one that cannot be checked.'], integer(1, 120)),
  handling: behaviour(['HANDLING', 'strict', 'Unknown search parameters of a request without `Prefer: handling`: refused, or ignored with a warning.'], choice('strict', 'lenient')),
  profiles: behaviour(['PROFILES', 'report', 'Profiles a resource claims in `meta.profile`, and definitions of its extensions: not looked at, told as warnings, or refusing the write.'], choice('off', 'report', 'enforce')),
  unknownModifiers: behaviour(['UNKNOWN_MODIFIERS', 'report', 'Modifier extensions that no loaded guide defines: told as warnings, or refusing the write.'], choice('report', 'refuse')),
  pageSize: behaviour(['PAGE_SIZE', '20', 'Matches on a page when the request has no `_count`.'], integer(1, 10_000)),
  maxPageSize: behaviour(['MAX_PAGE_SIZE', '1000', 'The largest page; a larger `_count` is lowered to it.'], integer(1, 10_000)),
  idempotencyHours: behaviour(['IDEMPOTENCY_HOURS', '24', 'How long the answer to an Idempotency-Key is kept.'], integer(1, 8_760)),
  pageSecret: behaviour(['PAGE_SECRET', '', 'Key that signs page links. Made at the first start and kept in DATA_DIR when absent; several servers behind one address need the same.'], optional(secret(32)), true),

  authKey: access(['AUTH_KEY', '', 'Key that tokens, secrets, accounts and signing keys are encrypted with. Made at the first start and kept in DATA_DIR when absent; better kept elsewhere than the data it protects.'], optional(secret(32)), true),
  accessTokenSeconds: access(['ACCESS_TOKEN_SECONDS', '3600', 'How long the access token of an app is good for.'], integer(60, 3_600)),
  backendTokenSeconds: access(['BACKEND_TOKEN_SECONDS', '300', 'How long the access token of a backend service is good for.'], integer(30, 300)),
  refreshDays: access(['REFRESH_DAYS', '90', 'How long a refresh token is good for; each use gives a new one.'], integer(1, 365)),
  idleMinutes: access(['IDLE_MINUTES', '15', 'Minutes without use after which a person is signed out.'], integer(1, 720)),
  sessionHours: access(['SESSION_HOURS', '12', 'Hours after sign-in when a person is signed out in any case.'], integer(1, 24)),
  accessRules: access(['ACCESS_RULES', '', 'File with other rules of whose patients are whose, JSON as in docs/access.md; those of the product when absent.'], optional({ form: 'path', read: (text) => text })),
  registration: access(['REGISTRATION', 'off', 'Whether apps may register themselves: not, with REGISTRATION_TOKEN, or freely.'], choice('off', 'approved', 'open')),
  registrationToken: access(['REGISTRATION_TOKEN', '', 'What an app sends as bearer token to register itself when REGISTRATION=approved.'], optional(secret(20)), true),
  externalIssuer: access(['EXTERNAL_ISSUER', '', 'Issuer of the access tokens when AUTH=external; its metadata and keys are read from there.'], optional(httpUrl)),
  externalAudience: access(['EXTERNAL_AUDIENCE', '', 'What `aud` of these tokens must hold; the FHIR base when absent.'], optional({ form: 'text', read: (text) => text })),
  externalAlgorithms: access(['EXTERNAL_ALGORITHMS', 'RS256,ES256,PS256', 'Signature algorithms that are taken.'], words),
  externalClaims: access(['EXTERNAL_CLAIMS', 'scope,patient,encounter,fhirUser', 'Names of the claims that hold scopes, patient, encounter and fhirUser, in this order.'], fourNames),
  signInIssuer: access(['SIGN_IN_ISSUER', '', 'Another OpenID provider where people may sign in; an account is found by the verified e-mail address at first. Register BASE_URL/oauth/elsewhere there.'], optional(httpUrl)),
  signInClientId: access(['SIGN_IN_CLIENT_ID', '', 'client_id of this server at SIGN_IN_ISSUER.'], { form: 'text', read: (text) => text }),
  signInClientSecret: access(['SIGN_IN_CLIENT_SECRET', '', 'Secret of this server at SIGN_IN_ISSUER.'], { form: 'text', read: (text) => text }, true),
  signInName: access(['SIGN_IN_NAME', 'single sign-on', 'What people call SIGN_IN_ISSUER.'], { form: 'text', read: (text) => text }),
  smtpUrl: access(['SMTP_URL', '', 'Mail server for codes and links, `smtps://user:password@host`. Without one no mail is sent, and sign-up by mail and password reset are not offered.'], optional(smtpUrl), true),
  mailbox: access(['MAILBOX', 'false', 'Whether mail is only shown, on the page `/oauth/mailbox`, which everyone can read: for demos. Refused unless HOST is loopback.'], flag),
  mailFrom: access(['MAIL_FROM', 'no-reply@localhost', 'Sender of mail.'], { form: 'address', read: (text) => text }),

  audit: audit(['AUDIT', 'auto', 'Whether every access leaves a record: `auto` does so under AUTH=smart, where it cannot be switched off.'], choice('auto', 'on', 'off')),
  auditYears: audit(['AUDIT_YEARS', '6', 'Years that records are kept at least: `concierge audit retain` removes none younger.'], integer(1, 100)),
  provenance: audit(['PROVENANCE', 'false', 'Whether each write also stores a Provenance: who and which app made which versions, for each patient concerned. Needs the audit.'], flag),
  auditKey: audit(['AUDIT_KEY', '', 'Secret that the key of the checkpoints is made from. Made at the first start and kept in DATA_DIR when absent; better kept elsewhere than the records it vouches for.'], optional(secret(32)), true),
  auditCheckpoints: audit(['AUDIT_CHECKPOINTS', '', 'File that signed checkpoints are appended to, best on another volume; `audit-checkpoints` in DATA_DIR when absent. They are in the log too.'], optional({ form: 'path', read: (text) => text })),

  maxBodyBytes: limit(['MAX_BODY_BYTES', '32m', 'Largest request body, counted after decompression.'], bytes(1024, 1024 ** 3)),
  maxDepth: limit(['MAX_DEPTH', '64', 'Deepest nesting of JSON that is read.'], integer(8, 1_000)),
  maxBundleEntries: limit(['MAX_BUNDLE_ENTRIES', '10000', 'Entries of a batch or transaction.'], integer(1, 100_000)),
  maxHeaderBytes: limit(['MAX_HEADER_BYTES', '16k', 'Largest request line and header together.'], bytes(4096, 1024 ** 2)),
  maxConnections: limit(['MAX_CONNECTIONS', '10000', 'Connections held at once; further ones are closed.'], integer(1, 1_000_000)),
  maxInFlight: limit(['MAX_IN_FLIGHT', '512', 'Requests worked on at once; further ones are answered 503 with Retry-After.'], integer(1, 100_000)),
  maxRequestsPerSocket: limit(['MAX_REQUESTS_PER_SOCKET', '100000', 'Requests on one connection before it is closed; 0 is no limit.'], integer(0, 1_000_000_000)),

  headersSeconds: time(['HEADERS_TIMEOUT_SECONDS', '10', 'How long a client may take to send its header.'], integer(1, 600)),
  requestSeconds: time(['REQUEST_TIMEOUT_SECONDS', '30', 'How long a client may take to send its whole request.'], integer(1, 3_600)),
  responseSeconds: time(['RESPONSE_TIMEOUT_SECONDS', '60', 'How long a client may read nothing of its answer.'], integer(1, 3_600)),
  keepAliveSeconds: time(['KEEP_ALIVE_SECONDS', '5', 'How long an idle connection is kept.'], integer(1, 600)),
  stopSeconds: time(['STOP_SECONDS', '10', 'How long a stopping server finishes what it has begun.'], integer(1, 600)),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type SettingName = keyof typeof settings;

/** The settings as values. `baseUrl` is without `/fhir`. */
export type Config = { readonly [name in SettingName]: ReturnType<(typeof settings)[name]['read']> };
