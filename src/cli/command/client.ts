/** `concierge client add|list|rotate|revoke`: the apps that may ask for tokens. */
import { readFile } from 'node:fs/promises';
import type { Clients, ClientMetadata, ClientType, KeySet, NewClient } from '../../authorization/client/client.js';
import type { Server } from '../../authorization/server.js';
import { toInstant } from '../../core/clock.js';
import { omit } from '../../core/omit.js';
import type { Call, Outcome, StoreCommand } from '../command.js';
import { CommandError, usageError } from '../exit-code.js';
import { pathFrom } from '../options.js';

type Act = (call: Call, clients: Clients, server: Server) => Promise<Outcome>;

export const client: StoreCommand = {
  name: 'client',
  summary: 'Registers apps: client add, list, rotate (a new secret or new keys), revoke (ends its tokens at once) and trace (its last launches, step by step).',
  usage: 'add|list|rotate|revoke|trace',
  about: [
    'client add --id ID --type public|confidential|backend [--redirect URI]... --scope "..." [--jwks FILE | --jwks-url URL] [--name NAME] [--launch-url URL] [--policy all|Organization/ID|Group/ID] [--labels]',
    'client list    client rotate --id ID [--jwks FILE | --jwks-url URL]    client revoke --id ID    client trace --id ID',
    'The secret of a confidential client without keys is printed once. A running server knows the change at once.',
  ].join('\n'),
  options: {
    'id': { value: 'ID', about: 'client_id of the app.' },
    'type': { value: 'TYPE', about: 'public (no secret), confidential (secret or keys) or backend (keys, system/ scopes, nobody signs in).' },
    'redirect': { value: 'URI', about: 'Where people are sent back to, compared letter by letter. May be repeated.', many: true },
    'post-logout-redirect': { value: 'URI', about: 'Where people may be sent when they have signed out at the wish of the app. May be repeated.', many: true },
    'scope': { value: 'SCOPES', about: 'What it may ask for, separated by spaces: "launch/patient openid fhirUser offline_access patient/*.rs".' },
    'jwks': { value: 'FILE', about: 'Its public keys, a JWK set.' },
    'jwks-url': { value: 'URL', about: 'Where its public keys are, so that it can change them itself.' },
    'name': { value: 'NAME', about: 'What people are shown.' },
    'launch-url': { value: 'URL', about: 'Where it is opened from inside (EHR launch).' },
    'policy': { value: 'POLICY', about: 'Whose records a backend client is for: all (without it), Organization/id (patients whose managingOrganization it is) or Group/id (its members). See docs/access.md.' },
    'labels': { about: 'It may set, change and remove security labels: a backend client that loads labelled records.' },
    'introspects': { about: 'It may ask what tokens of other apps are good for: a resource server.' },
  },
  needs: 'store',
  before: async (call) => {
    actOf(call);
    return undefined;
  },
  run: async (call, session) => {
    const { server } = await session.authorization();
    const { ClientFault } = await import('../../authorization/client/client.js');
    try {
      return await actOf(call)(call, server.clients, server);
    } catch (error) {
      throw error instanceof ClientFault ? new CommandError('failed', error.message, { cause: error }) : error;
    }
  },
};

const actOf = ({ given }: Call): Act => {
  const [name = '', ...more] = given.words;
  const act = Object.hasOwn(acts, name) ? acts[name] : undefined;
  if (act === undefined || more.length > 0) throw usageError('Say what to do: client add, client list, client rotate, client revoke or client trace.');
  return act;
};

const shown = (client: ClientMetadata): Omit<ClientMetadata, 'client_secret'> => omit(client, ['client_secret']);

/** The page of an app's launches, for whoever makes the app. */
const tracesUrl = async (server: Server, id: string): Promise<string> => server.options().origin + (await import('../../authorization/http/recorder.js')).tracesPath(server, id);

const add: Act = async (call, clients, server) => {
  const { client: made, secret } = await clients.add(await newClient(call), 'operator');
  const launches = await tracesUrl(server, made.client_id);
  const lines = [`Registered ${made.client_id} (${made.smart_type}).`, ...secretLines(secret), `Its launches, step by step, for its maker: ${launches}`];
  return { text: lines.join('\n'), json: { ...shown(made), ...(secret === undefined ? {} : { client_secret: secret }), launches } };
};

const secretLines = (secret: string | undefined): string[] => (secret === undefined ? [] : [`Secret, shown this once: ${secret}`]);

const newClient = async (call: Call): Promise<NewClient> => {
  const { given } = call;
  const type = given.required('type');
  if (type !== 'public' && type !== 'confidential' && type !== 'backend') throw usageError(`--type must be public, confidential or backend, not "${type}".`);
  return {
    id: given.required('id'), type: type satisfies ClientType, redirectUris: given.all('redirect'), postLogoutUris: given.all('post-logout-redirect'), scope: given.required('scope'), ...(await keysOf(call)),
    name: given.text('name'), launchUrl: given.text('launch-url'), introspects: given.flag('introspects'), labels: given.flag('labels'), policy: policyOf(given.text('policy')),
  };
};

/** `all` is said to be clear, and kept as nothing. */
const policyOf = (text: string | undefined): string | undefined => (text === 'all' ? undefined : text);

const keysOf = async (call: Call): Promise<Pick<NewClient, 'jwks' | 'jwksUrl'>> => {
  const [file, jwksUrl] = [call.given.text('jwks'), call.given.text('jwks-url')];
  if (file !== undefined && jwksUrl !== undefined) throw usageError('Give --jwks or --jwks-url, not both.');
  return { jwks: file === undefined ? undefined : await readKeys(pathFrom(call, file)), jwksUrl };
};

const readKeys = async (path: string): Promise<KeySet> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => { throw usageError(`${path} cannot be read: ${String(cause)}`); });
  try {
    const value = JSON.parse(text) as { keys?: unknown } | null;
    if (Array.isArray(value?.keys)) return { keys: value.keys as KeySet['keys'] };
  } catch (cause) {
    throw new CommandError('usage', `${path} is not JSON.`, { cause });
  }
  throw usageError(`${path} is no JWK set: {"keys": [...]}.`);
};

const list: Act = async (_call, clients) => {
  const all = (await clients.all()).map(shown);
  const lines = all.map((one) => `${one.client_id.padEnd(24)}  ${one.smart_type.padEnd(12)}  ${one.smart_source.padEnd(8)}  ${one.smart_scope}`);
  return { text: lines.length === 0 ? 'No app is registered.' : lines.join('\n'), json: all };
};

const rotate: Act = async (call, clients) => {
  const { client: made, secret } = await clients.rotate(call.given.required('id'), await keysOf(call));
  return { text: [`${made.client_id} has ${secret === undefined ? 'new keys' : 'a new secret'}; the former is refused from now on.`, ...secretLines(secret)].join('\n'), json: { client_id: made.client_id, ...(secret === undefined ? {} : { client_secret: secret }) } };
};

const revoke: Act = async ({ given }, clients) => {
  const id = given.required('id');
  if (!(await clients.revoke(id))) throw new CommandError('failed', `There is no client with the id ${id}.`);
  return { text: `${id} is no longer registered; its tokens are refused within a second.`, json: { client_id: id, revoked: true } };
};

const trace: Act = async ({ given }, clients, server) => {
  const id = given.required('id');
  if ((await clients.get(id)) === undefined) throw new CommandError('failed', `There is no client with the id ${id}; concierge client list shows them.`);
  const traces = await server.recorder.traces(id);
  const launches = await tracesUrl(server, id);
  const lines = traces.flatMap(({ started, notes }) => [toInstant(started), ...notes.flatMap(({ at, step, ok, what, mend }) => [`  ${String(at - started).padStart(7)} ms  ${ok ? 'ok    ' : 'FAILED'}  ${step}: ${what}`, ...(mend === undefined || ok ? [] : [`                      ${mend}`])])]);
  return { text: [...(lines.length === 0 ? ['No launch was recorded in the last seven days.'] : lines), launches].join('\n'), json: { launches, traces } };
};

const acts: Readonly<Record<string, Act>> = { add, list, rotate, revoke, trace };
