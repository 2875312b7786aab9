/** A server from its start to its end: opens the store, listens, takes commands; stops so that no answer is cut. */
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemViewer } from '../access/viewer.js';
import { openCore, type Core } from '../compose/core.js';
import { makeServer } from '../compose/server.js';
import type { Config } from '../config/table.js';
import { systemClock as clock } from '../core/clock.js';
import { makeLog, type Log } from '../core/observe-log.js';
import { makeMetrics } from '../core/observe-metrics.js';
import { observeAll, type Observe } from '../core/observe.js';
import { systemCode } from '../core/system-code.js';
import { StoreInUse } from '../store/store.js';
import { recordStart, recordStop } from './audited-run.js';
import type { CommandTable } from './command.js';
import { openControl, type ControlServer } from './control-server.js';
import { CommandError } from './exit-code.js';

export interface Serving {
  readonly core: Core;
  readonly observe: Observe;
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** Resolves when the store has failed for good; then it must stop. */
  readonly failed: Promise<void>;
  /** Stops within STOP_SECONDS, whatever still runs; `signal` is for the log. */
  readonly stop: (signal: string) => Promise<void>;
}

type Server = Awaited<ReturnType<typeof makeServer>>;

interface Running {
  readonly core: Core;
  readonly http: Server;
  readonly control: ControlServer;
  readonly log: Log;
  readonly observe: Observe;
  readonly closeMetrics: () => void;
}

/** Resolves when requests are answered. Throws a CommandError when the store is in use or the address cannot be listened on. */
export const startServing = async (config: Config, commands: CommandTable): Promise<Serving> => {
  const log = makeLog({ level: config.logLevel });
  const metrics = makeMetrics();
  const observe = observeAll(log.observe, metrics.observe);
  const fatal = makeFatal();
  const core = await openFor(config, observe, fatal.tell);
  try {
    const http = await makeServer(core, { observe, isFatal: fatal.told, metrics: () => metrics.render() });
    const { port } = await listen(http, config);
    core.setPort(port);
    const session = (command: string) => ({ service: core.service, viewer: systemViewer(`command ${command}`), authorization: core.authorization, audit: core.audit, reloadGuides: core.reloadGuides, moving: () => core.moving, isServing: true });
    // Commands run beside servers that share a store; the first worker takes those that are sent all the same.
    const control = config.workerNumber > 1 ? noControl : await openControl({ dataDir: config.dataDir, commands, session, storeUrl: core.moving.storeUrl, onFailure: (error) => observe({ kind: 'failure', requestId: undefined, where: 'control', error }) });
    await recordStart(core);
    for (const job of core.jobs) job.start();
    const origin = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${String(port)}`;
    observe({ kind: 'started', address: origin, ms: clock.monotonic() });
    const running: Running = { core, http, control, log, observe, closeMetrics: () => metrics.close() };
    return { core, observe, origin, failed: fatal.failed, stop: (signal) => stop(running, signal) };
  } catch (error) {
    await core.close();
    throw error;
  }
};

const noControl: ControlServer = { close: async () => undefined };

const openFor = async (config: Config, observe: Observe, onFatal: () => void): Promise<Core> => {
  try {
    return await openCore({ config, clock, observe, onFatal });
  } catch (error) {
    if (error instanceof StoreInUse) throw new CommandError('inUse', error.message, { cause: error });
    throw error;
  }
};

const listen = async (http: Server, { port, host }: Config): Promise<AddressInfo> => {
  try {
    return await http.listen(port, host);
  } catch (error) {
    const why = { EADDRINUSE: 'another program listens there', EACCES: 'this user may not listen there', EADDRNOTAVAIL: 'this machine has no such address' }[systemCode(error) ?? ''] ?? String(error);
    throw new CommandError('listen', `Cannot listen on ${host} port ${String(port)}: ${why}. Set PORT or HOST.`, { cause: error });
  }
};

/** The store has logged why it failed when it tells. */
const makeFatal = () => {
  let seen = false;
  let resolve = (): void => undefined;
  const failed = new Promise<void>((settle) => { resolve = settle; });
  const tell = (): void => {
    seen = true;
    resolve();
  };
  return { failed, tell, told: () => seen };
};

const stop = async (running: Running, signal: string): Promise<void> => {
  const { log, observe, core: { config } } = running;
  const begun = clock.monotonic();
  observe({ kind: 'stopping', signal });
  try {
    // A little less than what the operator's own patience is set to.
    const late = sleep(config.stopSeconds * 980, 'late' as const, { ref: false });
    const ended = await Promise.race([stopAll(running), late]);
    if (ended === 'late') throw new CommandError('failed', `The server did not stop within ${String(config.stopSeconds)} s (STOP_SECONDS).`);
    observe({ kind: 'stopped', ms: clock.monotonic() - begun });
  } finally {
    log.flush();
  }
};

/** Nobody is answered from a closed store: first the ways in are closed, then the store. */
const stopAll = async ({ http, control, core, observe, closeMetrics }: Running): Promise<void> => {
  const [{ cut }] = await Promise.all([http.close(), control.close(), ...core.jobs.map((job) => job.stop())]);
  if (cut > 0) observe({ kind: 'notice', level: 'warn', message: `${String(cut)} connections were cut with an answer under way` });
  try {
    await recordStop(core);
  } catch (error) {
    // It stops all the same: that the end is missing in the journal is told to the operator.
    observe({ kind: 'failure', requestId: undefined, where: 'audit of the stop', error });
  }
  await core.close();
  closeMetrics();
};
