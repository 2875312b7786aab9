/** `concierge keys list|rotate|retire|renew`: the key that the authorization records are sealed with, and those that sign id_tokens. */
import type { Server } from '../../authorization/server.js';
import { toInstant } from '../../core/clock.js';
import { randomSecret } from '../../core/id.js';
import type { Call, Outcome, StoreCommand } from '../command.js';
import { CommandError, usageError } from '../exit-code.js';

type Act = (call: Call, server: Server) => Promise<Outcome>;

export const keys: StoreCommand = {
  name: 'keys',
  summary: 'Keys of the authorization server: keys list, rotate (a new AUTH_KEY beside the present one), retire (the former one goes) and renew (keys that sign id_tokens).',
  usage: 'list|rotate|retire|renew',
  about: [
    'keys rotate reads the new AUTH_KEY from standard input, or makes one with --make. From then on both are accepted; records are sealed anew at once,',
    'and when that is broken off, by the server within minutes. Start every process with the new AUTH_KEY, then: keys retire.',
    'keys renew publishes new signing keys now and uses them in a day; with --at-once the former are gone now, for the case that they are known to others.',
  ].join('\n'),
  options: {
    'make': { about: 'keys rotate: make the new AUTH_KEY, and print it once unless it is kept in DATA_DIR.' },
    'at-once': { about: 'keys renew: take the former signing keys away now.' },
  },
  needs: 'store',
  before: async (call) => {
    actOf(call);
    return undefined;
  },
  takesSecret: ({ given }) => given.words[0] === 'rotate' && !given.flag('make'),
  run: async (call, session) => {
    const { server } = await session.authorization();
    const { KeyFault } = await import('../../authorization/grant/keyring.js');
    try {
      return await actOf(call)(call, server);
    } catch (error) {
      throw error instanceof KeyFault ? new CommandError('failed', `${error.message}.`, { cause: error }) : error;
    }
  },
};

const actOf = ({ given }: Call): Act => {
  const [name = '', ...more] = given.words;
  const act = Object.hasOwn(acts, name) ? acts[name] : undefined;
  if (act === undefined || more.length > 0) throw usageError('Say what to do: keys list, keys rotate, keys retire or keys renew.');
  return act;
};

const list: Act = async (_call, { vault, keys: signing }) => {
  const { accepted, own, former, left } = await vault.status();
  const signs = await signing.list();
  const text = [
    ...accepted.map((id, index) => `AUTH_KEY ${id}${id === own ? '  (of this process)' : ''}${index === 0 ? '' : '  former: keys retire takes it away'}`),
    former === 0 ? 'All records are sealed with the present key.' : `${String(left)} records are still sealed with a former key.`,
    ...signs.map(({ kid, alg, from }) => `signing key ${kid} ${alg} from ${toInstant(from)}`),
  ].join('\n');
  return { text, json: { authKeys: accepted, own, left, signing: signs.map(({ kid, alg, from }) => ({ kid, alg, from: toInstant(from) })) } };
};

const shortest = 32;

const rotate: Act = async ({ given, secret, report, signal }, { vault, keepAuthKey }) => {
  const next = given.flag('make') ? randomSecret() : (secret ?? '').trim();
  if (next.length < shortest) throw usageError(`The new AUTH_KEY must have ${String(shortest)} characters or more; it is read from standard input.`);
  await vault.rotate(next);
  if (keepAuthKey !== undefined) {
    await keepAuthKey(next);
    vault.adopt(next);
  }
  const done = await vault.reseal((count) => { report({ what: 'records sealed anew', done: count }); }, signal);
  const shown = keepAuthKey === undefined && given.flag('make') ? next : undefined;
  const text = [
    `The new AUTH_KEY is accepted beside the former one; ${String(done)} records were sealed anew.`,
    ...(shown === undefined ? [] : [`AUTH_KEY, shown this once: ${shown}`]),
    keepAuthKey === undefined ? 'Start every process with it, then: concierge keys retire.' : 'It is kept in DATA_DIR. Restart other processes, then, in a minute: concierge keys retire.',
  ].join('\n');
  return { text, json: { resealed: done, ...(shown === undefined ? {} : { authKey: shown }) } };
};

const retire: Act = async (_call, { vault }) => {
  await vault.reseal();
  await vault.retire();
  return { text: 'The former AUTH_KEY is refused from now on.', json: { retired: true } };
};

const renew: Act = async ({ given }, { keys: signing }) => {
  const atOnce = given.flag('at-once');
  await (atOnce ? signing.replace() : signing.rotate());
  const signs = await signing.list();
  return {
    text: atOnce ? 'New signing keys are in use; the former are gone, and what they signed is refused within a minute.' : 'New signing keys are published and will be used in a day; the former stay published a day longer.',
    json: { signing: signs.map(({ kid, alg, from }) => ({ kid, alg, from: toInstant(from) })) },
  };
};

const acts: Readonly<Record<string, Act>> = { list, rotate, retire, renew };
