/** `concierge migrate --to URL`: moves everything to another engine, while the server serves. */
import { migrate, type Migrated } from '../../bulk/migrate/migrate.js';
import type { Side } from '../../bulk/migrate/side.js';
import { isMongo } from '../../config/check.js';
import type { Call, Outcome, Session, StoreCommand } from '../command.js';
import { usageError } from '../exit-code.js';
import { takeNoWords } from '../options.js';

/** Milliseconds in which every server looks at the mark once, and more. */
const grace = 3_000;

const urlFrom = ({ given }: Call, option: 'from' | 'to'): string | undefined => {
  const url = given.text(option);
  if (url !== undefined && url !== 'sqlite:' && !isMongo(url)) throw usageError(`--${option} is "sqlite:", the embedded store in DATA_DIR, or mongodb://host/database?replicaSet=name.`);
  return url;
};

/** A name for the operator: passwords stay out. */
const nameOf = (url: string): string => url.replace(/\/\/[^@/]*@/, '//');

export const migrateStore: StoreCommand = {
  name: 'migrate',
  summary: 'Moves all data to another engine, while the server serves.',
  usage: '',
  about: [
    'Copies every version with its number, time and exact text, the journal of the audit, accounts, apps and grants; follows what is written meanwhile; compares both',
    'stores version by version; then holds changes for as long as the rest takes, and switches. A server on the embedded store goes on from the copy without a restart;',
    'servers on a MongoDB stop, and are started with the new STORE_URL. The store left behind is marked and is not served again. DATA_DIR, with the keys, stays. An',
    'interrupted run leaves the first store as it is; the same command goes on where it ended.',
  ].join(' '),
  options: {
    to: { value: 'URL', needed: true, about: 'Where to: sqlite: or mongodb://host/database?replicaSet=name. It must be empty, or a copy begun before.' },
    from: { value: 'URL', about: 'Where from; STORE_URL when left out.' },
    'copy-only': { about: 'Copy and compare, and leave the switch to a later run, which then takes less time.' },
  },
  needs: 'store',
  storeUrl: (call) => urlFrom(call, 'from'),
  run: async (call, session) => {
    takeNoWords(call.given);
    const to = urlFrom(call, 'to') ?? '';
    const moving = session.moving();
    const from = moving.storeUrl();
    if (to === from) throw usageError('--to names the store that the data is in.');
    const side = await moving.open(to);
    let used = false;
    try {
      const migrated = await run({ call, session, side, names: { from: nameOf(from), to: nameOf(to) }, isShared: isMongo(from), used: () => { used = true; moving.moved(to); } });
      return report(migrated, { to: nameOf(to), switched: !call.given.flag('copy-only'), isServing: session.isServing });
    } finally {
      if (!used) await Promise.all([side.store.close(), side.grants.close()]);
    }
  },
};

interface Run {
  readonly call: Call;
  readonly session: Session;
  readonly side: Side;
  readonly names: { readonly from: string; readonly to: string };
  /** Whether other processes may have the same store open. */
  readonly isShared: boolean;
  /** Told when this process goes on with the other side. */
  readonly used: () => void;
}

const run = async ({ call, session, side, names, isShared, used }: Run): Promise<Migrated> => {
  const { service } = session;
  const moving = session.moving();
  const grants = await moving.grants();
  return migrate({
    from: { store: moving.store.current(), grants: grants.current() }, to: side, names, registry: service.registry, signal: call.signal, clock: service.clock,
    grace: isShared ? grace : 0, switches: !call.given.flag('copy-only'),
    report: (done, share) => { call.report({ what: 'versions', done, share }); },
    hold: async () => { await Promise.all([moving.store.hold(), grants.hold()]); },
    release: (switched) => {
      if (switched) used();
      moving.store.release(switched ? side.store : undefined);
      grants.release(switched ? side.grants : undefined);
    },
  });
};

const report = ({ types, versions, auditRecords, grants, held }: Migrated, { to, switched, isServing }: { readonly to: string; readonly switched: boolean; readonly isServing: boolean }): Outcome => {
  const width = Math.max(4, ...types.map(({ type }) => type.length));
  const next = switched
    ? `${isServing ? `The server goes on from there, alone; changes waited ${String(held)} ms. Restart it before others join it. ` : ''}Start servers with STORE_URL=${to} from now on.`
    : 'Nothing was switched: the first store serves on. Run the command without --copy-only to switch.';
  return {
    text: [
      `${'type'.padEnd(width)}  resources  versions  SHA-256 of all versions, the same on both sides`,
      ...types.map(({ type, resources, versions: count, sha256 }) => `${type.padEnd(width)}  ${String(resources).padStart(9)}  ${String(count).padStart(8)}  ${sha256}`),
      `${String(versions)} versions, ${String(auditRecords)} audit records, ${String(grants)} records of the authorization server are in ${to}.`, next,
    ].join('\n'),
    json: { to, switched, types, versions, auditRecords, grants, heldMs: held },
  };
};
