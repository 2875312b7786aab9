/**
 * The provider's records in our grant store: https://github.com/panva/node-oidc-provider/blob/main/docs/README.md#adapter.
 * What may happen once is decided by the store: a code, a refresh token and an assertion's jti each have one user.
 */
import Provider, { errors, type Adapter, type AdapterFactory, type AdapterPayload } from 'oidc-provider';
import type { Clock } from '../../core/clock.js';
import { randomSecret } from '../../core/id.js';
import type { GrantRecord, GrantStore, KeptGrantRecord } from '../../store/grant.js';
import { unwatchSession, watchSession } from './session-watch.js';

export interface AdapterOptions {
  readonly grants: GrantStore;
  readonly clock: Clock;
  /** A session that nobody used for this long is over, in milliseconds. */
  readonly idleMs: number;
  /** A session ends this long after sign-in, whatever happens. */
  readonly sessionMs: number;
}

/** Use within this time of the last one is not written down: a page would else cost a sync for each request. */
const touchMs = 30_000;

/** Returns the factory the provider makes its adapters with. */
export const makeAdapterFactory = (options: AdapterOptions): AdapterFactory => (model) => {
  if (model === 'Session') return makeSessionAdapter(options);
  return model === clientModel ? makeClientAdapter(options) : makeAdapter(model, options);
};

/** The provider's own collection of registered clients. */
export const clientModel = 'Client';

const makeAdapter = (model: string, { grants, clock }: AdapterOptions): Adapter => {
  const at = (key: string) => ({ collection: model, key });
  return {
    upsert: async (id, payload, expiresIn) => {
      const record = recordOf(model, id, { payload, expires: expiryOf(clock, expiresIn) });
      if (model !== 'ReplayDetection') return grants.put(record);
      // The provider looks first and stores then; of many requests at once all would have looked.
      if (!(await grants.insertOnce(record))) throw new errors.InvalidClientAuth('an assertion or proof is good for one request');
    },
    find: async (id) => payloadOf(await grants.get(at(id))),
    findByUid: async (uid) => payloadOf(await grants.getByAlias(model, uid)),
    findByUserCode: async (code) => payloadOf(await grants.getByAlias(model, `code ${code}`)),
    destroy: async (id) => { await grants.remove(at(id)); },
    consume: async (id) => {
      const record = await grants.get(at(id));
      if ((await grants.consume(at(id))) === 'consumed') return;
      // A second use means that someone else has it too: nothing that came of it is trusted any more (RFC 6749, 4.1.2).
      if (record?.grant !== undefined) await grants.revokeGrant(record.grant);
      throw new errors.InvalidGrant('it was used before');
    },
    revokeByGrantId: async (grantId) => { await grants.revokeGrant(grantId); },
  };
};

const expiryOf = (clock: Clock, seconds: number | undefined): number | undefined => (seconds === undefined || seconds === 0 ? undefined : clock.now() + seconds * 1000);

const recordOf = (model: string, id: string, { payload, expires }: { payload: AdapterPayload; expires: number | undefined }): GrantRecord => {
  // That a record is used up is the store's to say, and stays said.
  const kept: AdapterPayload = { ...payload };
  delete kept.consumed;
  const grant = model === 'Grant' ? id : payload.grantId;
  const alias = payload.userCode === undefined ? payload.uid : `code ${payload.userCode}`;
  return { collection: model, key: id, value: JSON.stringify(kept), expires, grant, owner: payload.accountId, alias };
};

const payloadOf = (record: KeptGrantRecord | undefined): AdapterPayload | undefined => {
  if (record === undefined) return undefined;
  const payload = JSON.parse(record.value) as AdapterPayload;
  return record.consumed === undefined ? payload : { ...payload, consumed: Math.floor(record.consumed / 1000) };
};

const backRoutes = new Set(['token', 'introspection', 'revocation', 'pushed_authorization_request']);

/** The record that stands in for clients that are not registered: found, unsealed and read as theirs would be. */
const standInKey = { collection: 'StandIn', key: 'client' };
const noKey = { collection: 'StandIn', key: 'none' };

/**
 * Where clients prove who they are, an unknown one is stood in for by one whose secret nobody has: it is refused after the
 * same work as a known one with a wrong secret, so that time does not tell which ids are registered. Either way one record is
 * looked for in vain and one is found.
 */
const makeClientAdapter = (options: AdapterOptions): Adapter => {
  const { grants } = options;
  const plain = makeAdapter(clientModel, options);
  const kept: AdapterPayload = {
    client_secret: randomSecret(), token_endpoint_auth_method: 'client_secret_basic', redirect_uris: ['https://nobody.invalid/'],
    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
  };
  const standIn = async (id: string): Promise<AdapterPayload> => {
    const record = await grants.get(standInKey);
    if (record === undefined) await grants.insertOnce({ ...standInKey, value: JSON.stringify(kept) });
    return { ...(payloadOf(record) ?? kept), client_id: id };
  };
  const isProving = (): boolean => backRoutes.has((Provider.ctx?.oidc as { route?: string } | undefined)?.route ?? '');
  const find = async (id: string): Promise<AdapterPayload | undefined> => {
    const found = await plain.find(id);
    if (!isProving()) return found ?? undefined;
    if (found === undefined) return standIn(id);
    await grants.get(noKey);
    return found ?? undefined;
  };
  return { ...plain, find };
};

/** Sessions end when idle: each use within the time moves the end, sign-in's own end does not move. */
const makeSessionAdapter = (options: AdapterOptions): Adapter => {
  const { grants, clock, idleMs, sessionMs } = options;
  const plain = makeAdapter('Session', options);
  const endOf = (payload: AdapterPayload): number => Math.min(clock.now() + idleMs, typeof payload.loginTs === 'number' ? payload.loginTs * 1000 + sessionMs : Number.MAX_SAFE_INTEGER);
  const touched = async (record: KeptGrantRecord | undefined): Promise<AdapterPayload | undefined> => {
    const payload = payloadOf(record);
    if (record === undefined || payload === undefined) return undefined;
    const expires = endOf(payload);
    if (expires - (record.expires ?? 0) > touchMs) await grants.replace(recordOf('Session', record.key, { payload, expires }), record.revision);
    return payload;
  };
  return {
    ...plain,
    upsert: async (id, payload) => {
      await grants.put(recordOf('Session', id, { payload, expires: endOf(payload) }));
      if (payload.accountId !== undefined) await watchSession(grants, id, payload.accountId);
    },
    destroy: async (id) => {
      await plain.destroy(id);
      await unwatchSession(grants, id);
    },
    find: async (id) => touched(await grants.get({ collection: 'Session', key: id })),
    findByUid: async (uid) => touched(await grants.getByAlias('Session', uid)),
  };
};
