/** Dynamic client registration (https://www.rfc-editor.org/rfc/rfc7591): off, with a token of the operator, or open; apps of people only. */
import { timingSafeEqual } from 'node:crypto';
import { json, type Request, type Response, type Router } from 'express';
import { hashOf } from '../../core/hash.js';
import { randomIds } from '../../core/id.js';
import { recordSecurity } from '../../interaction/audited.js';
import { omit } from '../../core/omit.js';
import { ClientFault, type AddedClient, type KeySet, type NewClient } from '../client/client.js';
import type { Server } from '../server.js';
import { setHeaders } from './page-exchange.js';

/** Adds the endpoint; where registration is off it is not there. */
export const addRegistration = (router: Router, server: Server): void => {
  router.post('/register', (_req, _res, next) => { if (server.options().registration === 'off') next('router'); else next(); }, json({ limit: '64kb' }), (req, res) => register(server, req, res));
};

const register = async (server: Server, req: Request, res: Response): Promise<void> => {
  setHeaders(res);
  const { seconds } = await server.registrationThrottle.attempt(server.addressOf(req));
  if (seconds > 0) {
    await refused(server, req, 'throttled');
    res.set('Retry-After', String(seconds)).status(429).json({ error: 'temporarily_unavailable', error_description: 'Too many registrations; try again later.' });
    return;
  }
  const { registration, registrationToken } = server.options();
  if (registration === 'approved' && !isToken(req, registrationToken)) {
    await refused(server, req, 'unauthorized');
    res.set('WWW-Authenticate', 'Bearer').status(401).json({ error: 'invalid_token', error_description: 'Registration needs the token that the operator gives to approved apps.' });
    return;
  }
  try {
    const added = await server.clients.add(readMetadata(req.body), 'dynamic');
    res.status(201).json(answerOf(added));
  } catch (error) {
    if (!(error instanceof ClientFault)) throw error;
    const code = error.message.includes('redirect') ? 'invalid_redirect_uri' : 'invalid_client_metadata';
    res.status(400).json({ error: code, error_description: error.message });
  }
};

const refused = (server: Server, req: Request, outcomeText: string): Promise<void> =>
  recordSecurity(server.service, 'client-changed', { agent: { address: server.addressOf(req) }, outcome: '4', outcomeText });

/** Compared by hash, in constant time. */
const isToken = ({ headers }: Request, expected: string | undefined): boolean => {
  const sent = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return sent !== undefined && expected !== undefined && timingSafeEqual(Buffer.from(hashOf(sent)), Buffer.from(hashOf(expected)));
};

const longest = 50;

const urisOf = (given: Readonly<Record<string, unknown>>, name: string): readonly string[] => {
  const uris = given[name];
  if (!Array.isArray(uris) || uris.length > longest || !uris.every((uri): uri is string => typeof uri === 'string' && uri.length < 2_000)) throw new ClientFault(`${name} must be a list of redirect URIs.`);
  return uris;
};

/** Returns what is registered of the metadata; throws a ClientFault. Everything but what SMART needs is left out. */
const readMetadata = (body: unknown): NewClient => {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new ClientFault('Send the client metadata as a JSON object.');
  const given = body as Readonly<Record<string, unknown>>;
  const text = (name: string): string | undefined => (typeof given[name] === 'string' && given[name] !== '' ? given[name] : undefined);
  const redirectUris = urisOf(given, 'redirect_uris');
  const method = text('token_endpoint_auth_method') ?? 'client_secret_basic';
  if (!['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'].includes(method)) throw new ClientFault('token_endpoint_auth_method must be none, client_secret_basic, client_secret_post or private_key_jwt.');
  const jwks = typeof given['jwks'] === 'object' && given['jwks'] !== null && Array.isArray((given['jwks'] as { keys?: unknown }).keys) ? (given['jwks'] as KeySet) : undefined;
  const jwksUrl = text('jwks_uri');
  if (method === 'private_key_jwt' && jwks === undefined && jwksUrl === undefined) throw new ClientFault('private_key_jwt needs jwks or jwks_uri.');
  if (jwksUrl !== undefined && !/^https:\/\//.test(jwksUrl)) throw new ClientFault('jwks_uri must be an https URL.');
  const scope = (text('scope') ?? 'launch/patient openid fhirUser patient/*.rs').split(' ').filter((each) => !each.startsWith('system/')).join(' ');
  return { id: randomIds.resource(), type: method === 'none' ? 'public' : 'confidential', name: text('client_name')?.slice(0, 100), redirectUris, postLogoutUris: given['post_logout_redirect_uris'] === undefined ? [] : urisOf(given, 'post_logout_redirect_uris'), scope, jwks, jwksUrl, launchUrl: launchUri(text('launch_url') ?? text('initiate_login_uri')) };
};

const launchUri = (uri: string | undefined): string | undefined => (uri !== undefined && URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol) ? uri : undefined);

const answerOf = ({ client, secret }: AddedClient): Record<string, unknown> => ({
  ...omit(client, ['smart_created', 'smart_source', 'smart_type', 'smart_scope', 'smart_launch_uri', 'smart_introspects', 'smart_labels', 'smart_policy']), scope: client.smart_scope,
  client_id_issued_at: Math.floor(client.smart_created / 1000), ...(secret === undefined ? {} : { client_secret_expires_at: 0 }),
});
