/** What the provider tells goes to the flight recorder and to the operator's log, without tokens and data. */
import type { EventEmitter } from 'node:events';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Observe } from '../core/observe.js';
import { mendOf, type LaunchLink, type Recorder, type Step } from './recorder.js';

interface Fault {
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
  readonly error_detail?: string | undefined;
}

const words = ({ error = 'error', error_description, error_detail }: Fault): string => [error, error_description, error_detail].filter((part) => part !== undefined).join(': ');

const textParam = ({ oidc }: KoaContextWithOIDC, name: string): string | undefined => {
  // A path that is none of the provider's has no such context.
  const value = (oidc as KoaContextWithOIDC['oidc'] | undefined)?.params?.[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** Forwards what happens in the provider. */
export const observeProvider = (provider: Provider, { recorder, observe }: { readonly recorder: Recorder; readonly observe: Observe }): void => {
  const clientOf = (ctx: KoaContextWithOIDC): string => ctx.oidc?.client?.clientId ?? textParam(ctx, 'client_id')?.slice(0, 100) ?? 'unknown';
  const front = (ctx: KoaContextWithOIDC): LaunchLink => ({ state: textParam(ctx, 'state') });
  const back = (ctx: KoaContextWithOIDC): Promise<LaunchLink> => grantOf(provider, ctx).then((grant) => ({ grant }), () => ({}));
  const failed = (step: Step, link: typeof front | typeof back) => (ctx: KoaContextWithOIDC, error: Fault): void => { recorder.note(clientOf(ctx), { step, ok: false, what: words(error), mend: mendOf(words(error)) }, link(ctx)); };
  provider.on('interaction.started', (ctx, prompt) => { recorder.note(clientOf(ctx), { step: 'authorize', ok: true, once: true, what: `the request was taken; the person ${prompt.name === 'login' ? 'signs in' : 'is signed in'}` }, front(ctx)); });
  provider.on('interaction.ended', (ctx) => { recorder.note(clientOf(ctx), { step: 'sign-in', ok: true, what: 'the person came back from our pages' }, front(ctx)); });
  provider.on('authorization.success', (ctx) => { recorder.note(clientOf(ctx), { step: 'code', ok: true, what: 'a code was sent to the redirect URI' }, front(ctx)); });
  provider.on('authorization.error', failed('authorize', front));
  provider.on('pushed_authorization_request.error', failed('authorize', front));
  provider.on('grant.success', (ctx) => { recorder.note(clientOf(ctx), { step: textParam(ctx, 'grant_type') === 'refresh_token' ? 'refresh' : 'token', ok: true, once: true, what: 'tokens were given' }, back(ctx)); });
  provider.on('grant.error', failed('token', back));
  provider.on('introspection.error', failed('introspect', back));
  provider.on('revocation.error', failed('revoke', back));
  provider.on('server_error', (_ctx, error: Error) => { observe({ kind: 'failure', requestId: undefined, where: 'authorization server', error }); });
  // Without a listener, koa would print errors itself.
  (provider as EventEmitter).on('error', () => undefined);
};

/** Resolves with the id of the grant that a request for tokens is about, also when it was refused. */
const grantOf = async (provider: Provider, ctx: KoaContextWithOIDC): Promise<string | undefined> => {
  const { Grant, AuthorizationCode, RefreshToken, AccessToken } = ctx.oidc.entities;
  const known = Grant?.jti ?? [AuthorizationCode, RefreshToken, AccessToken].find((each) => each?.grantId !== undefined)?.grantId;
  if (known !== undefined) return known;
  const [code, token] = [textParam(ctx, 'code'), textParam(ctx, 'refresh_token')];
  if (code !== undefined) return (await provider.AuthorizationCode.find(code, { ignoreExpiration: true }))?.grantId;
  return token === undefined ? undefined : (await provider.RefreshToken.find(token, { ignoreExpiration: true }))?.grantId;
};
