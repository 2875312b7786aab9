/**
 * Runs a command where the store is open. The store's own lock decides where that is: who gets it runs the command here,
 * who does not asks the process that has it. So no race can have two of them at work on one store.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemViewer } from '../access/viewer.js';
import { systemClock } from '../core/clock.js';
import { describeError } from '../core/observe-log.js';
import type { Observe } from '../core/observe.js';
import { isMongo } from '../config/check.js';
import { readConfig, servingChecks } from '../config/read.js';
import type { Config } from '../config/table.js';
import type { Core } from '../compose/core.js';
import { StoreInUse } from '../store/store.js';
import { runAudited } from './audited-run.js';
import type { Call, Outcome, StoreCommand } from './command.js';
import { askServer, connectControl } from './control-client.js';
import { storeName } from './control-protocol.js';
import { CommandError } from './exit-code.js';

/** A server that starts has the store before it takes commands, another command has it for a while: how long to wait, in milliseconds. */
const patience = 5_000;
const step = 100;

/** Returns the outcome of the command, wherever it ran. */
export const withStore = async (command: StoreCommand, words: readonly string[], call: Call): Promise<Outcome> => {
  const given = readConfig(undefined, { without: servingChecks });
  const config = { ...given, storeUrl: command.storeUrl?.(call) ?? given.storeUrl };
  const answered = isMongo(config.storeUrl) && command.storeUrl === undefined ? await askBeside(config, command, { words, call }) : undefined;
  if (answered !== undefined) return answered;
  const deadline = systemClock.monotonic() + patience;
  for (;;) {
    const core = await tryOpen(config, { ...call, evenUnserved: command.storeUrl !== undefined });
    if (!(core instanceof StoreInUse)) return runHere(core, command, call);
    const socket = await connectControl(config.dataDir);
    if (socket !== undefined) return askServer(socket, { command: command.name, args: words, cwd: call.cwd, secret: call.secret }, call);
    if (systemClock.monotonic() > deadline) throw new CommandError('inUse', core.message, { cause: core });
    await sleep(step, undefined, { signal: call.signal });
  }
};

/** A database has no lock, but a server on it keeps files in DATA_DIR: where there is one, it runs the command. Resolves with undefined where there is none. */
const askBeside = async ({ dataDir, storeUrl }: Config, command: StoreCommand, { words, call }: { readonly words: readonly string[]; readonly call: Call }): Promise<Outcome | undefined> => {
  const socket = await connectControl(dataDir);
  if (socket === undefined) return undefined;
  try {
    return await askServer(socket, { command: command.name, args: words, cwd: call.cwd, secret: call.secret, store: storeName(storeUrl) }, call);
  } catch (error) {
    if (error instanceof CommandError && error.exit === 'inUse') return undefined; // It has another store.
    throw error;
  }
};

const tryOpen = async (config: Config, { say, evenUnserved }: Call & { readonly evenUnserved: boolean }): Promise<Core | StoreInUse> => {
  // Loaded when needed: most commands need none of it.
  const { openCore } = await import('../compose/core.js');
  try {
    return await openCore({ config, clock: systemClock, observe: observeFor(say), evenUnserved });
  } catch (error) {
    if (error instanceof StoreInUse) return error;
    throw error;
  }
};

const runHere = async (core: Core, command: StoreCommand, call: Call): Promise<Outcome> => {
  try {
    return await runAudited(command, call, { service: core.service, viewer: systemViewer(`command ${command.name}`), authorization: core.authorization, audit: core.audit, reloadGuides: core.reloadGuides, moving: () => core.moving, isServing: false });
  } finally {
    await core.close();
  }
};

/** A command tells its operator what a server would log. */
const observeFor = (say: (line: string) => void): Observe => (observation) => {
  if (observation.kind === 'notice' && observation.level === 'warn') say(observation.message);
  if (observation.kind === 'failure') say(`${observation.where} failed: ${JSON.stringify(describeError(observation.error))}`);
};
