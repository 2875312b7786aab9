/**
 * Public apps may leave client_id out when they refresh: SMART does not ask for it, and fhirclient sends none. The refresh
 * token says whose it is; the provider is told in the form it knows (https://hl7.org/fhir/smart-app-launch/app-launch.html#request-6).
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Server } from '../server.js';

/** Larger forms are not looked into: no refresh request is. */
const largest = 8 * 1024;

/** Returns the body without taking it from those who come later; undefined for one that is large, has no length or never came. */
const peek = async (req: IncomingMessage): Promise<string | undefined> => {
  const length = Number(req.headers['content-length']);
  if (!Number.isInteger(length) || length <= 0 || length > largest) return undefined;
  for (;;) {
    // A read of just this many bytes does not end the stream.
    const bytes = req.read(length) as Buffer | null;
    if (bytes !== null) {
      req.unshift(bytes);
      return bytes.toString('latin1');
    }
    if (req.destroyed || req.readableEnded) return undefined;
    await Promise.race([once(req, 'readable'), once(req, 'close')]);
  }
};

/** Returns the handler that names the client of a refresh request which names none. */
export const nameRefreshingClient = (server: Server): RequestHandler => async (req, _res, next) => {
  if (req.method === 'POST' && req.headers.authorization === undefined) {
    const form = new URLSearchParams((await peek(req)) ?? '');
    const token = form.get('refresh_token');
    const isNameless = form.get('grant_type') === 'refresh_token' && token !== null && !form.has('client_id') && !form.has('client_assertion') && !form.has('client_secret');
    const clientId = isNameless ? await publicClientOf(server, token) : undefined;
    if (clientId !== undefined) rewrite(req, `&client_id=${encodeURIComponent(clientId)}`);
  }
  next();
};

/** A confidential client must say who it is, and prove it. */
const publicClientOf = async (server: Server, token: string): Promise<string | undefined> => {
  const provider = await server.provider();
  const found = (await provider.RefreshToken.find(token, { ignoreExpiration: true })) as { readonly clientId?: string } | undefined;
  const client = found?.clientId === undefined ? undefined : await server.clients.get(found.clientId);
  return client?.token_endpoint_auth_method === 'none' ? client.client_id : undefined;
};

const rewrite = (req: IncomingMessage, more: string): void => {
  const length = Number(req.headers['content-length']);
  const bytes = req.read(length) as Buffer;
  const whole = Buffer.concat([bytes, Buffer.from(more)]);
  req.headers['content-length'] = String(whole.length);
  req.unshift(whole);
};
