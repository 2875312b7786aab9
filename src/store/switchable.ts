/**
 * The store ports with an engine behind them that can be exchanged while they are used: changes wait for the moment of the
 * exchange, and go on with the new engine. Reads never wait: what is held is equal on both sides.
 */
import type { GrantStore } from './grant.js';
import type { MaintenanceTask, Store } from './store.js';

export interface Switchable<T> {
  /** What everyone else is given. */
  readonly port: T;
  /** The engine behind it now. */
  readonly current: () => T;
  /** Resolves when no change is under way; those that come wait until `release`. */
  readonly hold: () => Promise<void>;
  /** Lets changes go on, with the other engine from now on when one is given. */
  readonly release: (to?: T) => void;
}

interface Gate {
  readonly through: <R>(change: () => Promise<R>) => Promise<R>;
  readonly close: () => Promise<void>;
  readonly open: () => void;
}

const makeGate = (): Gate => {
  let running = 0;
  let closed: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  let whenIdle = (): void => undefined;
  return {
    through: async (change) => {
      while (closed !== undefined) await closed.opened;
      running += 1;
      try {
        return await change();
      } finally {
        running -= 1;
        if (running === 0) whenIdle();
      }
    },
    close: async () => {
      if (closed !== undefined) throw new Error('changes are held already');
      let open = (): void => undefined;
      closed = { opened: new Promise<void>((resolve) => { open = resolve; }), open: () => { open(); } };
      if (running > 0) await new Promise<void>((resolve) => { whenIdle = resolve; });
      whenIdle = () => undefined;
    },
    open: () => {
      const was = closed;
      closed = undefined;
      was?.open();
    },
  };
};

/** Makes one of `makeSwitchableStore`, `makeSwitchableGrants`. */
const makeSwitchable = <T extends { close(): Promise<void> }>(first: T, portOf: (current: () => T, gate: Gate) => Omit<T, 'close'>): Switchable<T> => {
  let now = first;
  const left: T[] = [];
  const gate = makeGate();
  const close = async (): Promise<void> => {
    await now.close();
    for (const one of left.splice(0)) await one.close();
  };
  return {
    port: Object.assign(portOf(() => now, gate), { close }) as unknown as T,
    current: () => now,
    hold: gate.close,
    release: (to) => {
      if (to !== undefined) {
        left.push(now);
        now = to;
      }
      gate.open();
    },
  };
};

const changesData = ({ task }: MaintenanceTask): boolean => task === 'reindex' || task === 'expire';

/** Returns a store whose engine can be exchanged; closing it closes every engine it had. */
export const makeSwitchableStore = (first: Store): Switchable<Store> => makeSwitchable(first, (now, { through }) => ({
  get id() { return now().id; },
  get supports() { return now().supports; },
  commit: (commit) => through(() => now().commit(commit)),
  read: (key, version) => now().read(key, version),
  isReferenced: (key, also) => now().isReferenced(key, also),
  search: (plan, run) => now().search(plan, run),
  count: (plan, run) => now().count(plan, run),
  history: (query) => now().history(query),
  changes: (after, limit) => now().changes(after, limit),
  answers: (query, time) => now().answers(query, time),
  records: (journal, after, limit) => now().records(journal, after, limit),
  head: () => now().head(),
  statistics: () => now().statistics(),
  maintain: (task) => (changesData(task) ? through(() => now().maintain(task)) : now().maintain(task)),
}));

/** Returns a grant store whose engine can be exchanged; closing it closes every engine it had. */
export const makeSwitchableGrants = (first: GrantStore): Switchable<GrantStore> => makeSwitchable(first, (now, { through }) => ({
  get: (key) => now().get(key),
  getByAlias: (collection, alias) => now().getByAlias(collection, alias),
  list: (query) => now().list(query),
  all: (after, limit) => now().all(after, limit),
  put: (record) => through(() => now().put(record)),
  insertOnce: (record) => through(() => now().insertOnce(record)),
  replace: (record, revision) => through(() => now().replace(record, revision)),
  consume: (key) => through(() => now().consume(key)),
  remove: (key) => through(() => now().remove(key)),
  revokeGrant: (grant) => through(() => now().revokeGrant(grant)),
  copy: (record) => through(() => now().copy(record)),
  expire: () => through(() => now().expire()),
}));
