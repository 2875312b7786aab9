/** What the provider tells goes to the flight recorder and to the operator's log, without tokens and data. */
import type { EventEmitter } from 'node:events';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Observe } from '../core/observe.js';
import { mendOf, type Recorder, type Step } from './recorder.js';

interface Fault {
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
  readonly error_detail?: string | undefined;
}

const words = ({ error = 'error', error_description, error_detail }: Fault): string => [error, error_description, error_detail].filter((part) => part !== undefined).join(': ');

/** Forwards what happens in the provider. */
export const observeProvider = (provider: Provider, { recorder, observe }: { readonly recorder: Recorder; readonly observe: Observe }): void => {
  const clientOf = (ctx: KoaContextWithOIDC): string => ctx.oidc?.client?.clientId ?? (ctx.oidc?.params?.['client_id'] as string | undefined)?.slice(0, 100) ?? 'unknown';
  const failed = (step: Step) => (ctx: KoaContextWithOIDC, error: Fault): void => { recorder.note(clientOf(ctx), { step, ok: false, what: words(error), mend: mendOf(words(error)) }); };
  const done = (step: Step, what: string) => (ctx: KoaContextWithOIDC): void => { recorder.note(clientOf(ctx), { step, ok: true, what }); };
  provider.on('interaction.started', (ctx, prompt) => { if (prompt.name === 'login') recorder.note(clientOf(ctx), { step: 'authorize', ok: true, what: 'the request was taken; the person signs in' }); });
  provider.on('interaction.ended', done('sign-in', 'the person came back from our pages'));
  provider.on('authorization.success', done('code', 'a code was sent to the redirect URI'));
  provider.on('authorization.error', failed('authorize'));
  provider.on('pushed_authorization_request.error', failed('authorize'));
  provider.on('grant.success', (ctx) => { recorder.note(clientOf(ctx), { step: ctx.oidc.params?.['grant_type'] === 'refresh_token' ? 'refresh' : 'token', ok: true, what: 'tokens were given' }); });
  provider.on('grant.error', failed('token'));
  provider.on('introspection.error', failed('introspect'));
  provider.on('revocation.error', failed('revoke'));
  provider.on('server_error', (_ctx, error: Error) => { observe({ kind: 'failure', requestId: undefined, where: 'authorization server', error }); });
  // Without a listener, koa would print errors itself.
  (provider as EventEmitter).on('error', () => undefined);
};
