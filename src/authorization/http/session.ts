/** The signed-in session of a browser, the same one that apps are authorized in; read and made outside of an app's request. */
import type { Request, Response } from 'express';
import type Provider from 'oidc-provider';
import type { KnownAccount } from '../account/account.js';
import type { Server } from '../server.js';
import { recordSignOut } from './audited-sign-in.js';
import { setOrigin } from './router-origin.js';

type Session = InstanceType<Provider['Session']>;

export interface SignedIn {
  readonly account: KnownAccount;
  /** Key of the session's record. */
  readonly sessionId: string;
  /** How the person signed in: `pwd`, `otp`, `hwk`. */
  readonly amr: readonly string[];
}

const contextOf = (provider: Provider, req: Request, res: Response) => (provider as unknown as { createContext(req: Request, res: Response): Parameters<Provider['Session']['get']>[0] & { cookies: { set(name: string, value: string | null, options: object): void } } }).createContext(req, res);

const cookieOptions = (server: Server) => ({ httpOnly: true, sameSite: 'lax' as const, path: '/', signed: true, secure: server.options().origin.startsWith('https:'), overwrite: true });
const cookieName = (server: Server): string => (server.options().origin.startsWith('https:') ? '__Host-session' : 'session');

const load = async (server: Server, { req, res }: { req: Request; res: Response }): Promise<{ session: Session; set: (value: string | null) => void }> => {
  const provider = await server.provider();
  setOrigin(req, server);
  const ctx = contextOf(provider, req, res);
  return { session: await provider.Session.get(ctx), set: (value) => { ctx.cookies.set(cookieName(server), value, cookieOptions(server)); } };
};

/** Resolves with who is signed in with this browser; undefined for nobody. */
export const signedInWith = async (server: Server, at: { req: Request; res: Response }): Promise<SignedIn | undefined> => {
  const { session } = await load(server, at);
  const account = session.accountId === undefined ? undefined : await server.accountOf(session.accountId);
  return account === undefined ? undefined : { account, sessionId: session.jti, amr: session.amr ?? [] };
};

/** Signs the account in with this browser, under a session id that nobody has seen before. */
export const startSession = async (server: Server, at: { req: Request; res: Response }, { accountId, amr }: { readonly accountId: string; readonly amr: string[] }): Promise<void> => {
  const { session, set } = await load(server, at);
  const ended = session.accountId !== undefined && session.accountId !== accountId;
  if (ended) await session.destroy();
  const provider = await server.provider();
  const own = ended ? new provider.Session() : session;
  own.resetIdentifier();
  own.loginAccount({ accountId, amr, loginTs: Math.floor(server.clock.now() / 1000) });
  await own.save(server.options().sessionHours * 3600);
  set(own.jti);
};

/** Signs this browser out. */
export const endSession = async (server: Server, at: { req: Request; res: Response }): Promise<void> => {
  const { session, set } = await load(server, at);
  if (session.accountId !== undefined) {
    // What apps were allowed for the time of the session ends with it.
    for (const { grantId, persistsLogout } of Object.values(session.authorizations ?? {})) {
      if (grantId !== undefined && persistsLogout !== true) await server.grants.revokeGrant(grantId);
    }
    await session.destroy();
    await recordSignOut(server, at.req, session.accountId);
  }
  set(null);
};
