/** `concierge serve`: the server, with the sample clinic on wish. */
import { fhirBase, readConfig } from '../../config/read.js';
import type { Config } from '../../config/table.js';
import { programVersion } from '../../core/version.js';
import type { Call, Outcome, PlainCommand } from '../command.js';
import { Crash, usageError } from '../exit-code.js';
import { takeNoWords } from '../options.js';
import { runWorkers } from '../workers.js';
import type { Serving } from '../serving.js';
import { addGuide } from './ig.js';

/** The sample clinic is looked at on this machine, by a person. */
const demoDefaults = { LOG_LEVEL: 'warn', MAILBOX: 'true' };

export const serve: PlainCommand = {
  name: 'serve',
  summary: 'Runs the server until SIGTERM or SIGINT; a second signal ends it at once.',
  usage: '',
  about: 'Settings come from the environment. Logs go to standard output as JSON lines, the addresses to standard error.',
  options: {
    demo: { about: 'Load the sample clinic once, into an empty store. It prints logins and registered apps.' },
    workers: { value: 'N', about: 'So many processes on the one port, for the cores of this machine; they share a MongoDB (STORE_URL). One that dies is started again.' },
    role: { value: 'ROLE', about: 'What the process does where several share a MongoDB: api, worker (the work of the background) or all.' },
    ig: { value: 'FILE', many: true, about: 'Keep the implementation guide of this package (.tgz) in DATA_DIR first, as "concierge ig add" does.' },
  },
  needs: 'nothing',
  run: async (call) => {
    takeNoWords(call.given);
    const demo = call.given.flag('demo');
    const config = readConfig(undefined, { given: { WORKERS: call.given.text('workers'), ROLE: call.given.text('role') }, ...(demo ? { defaults: demoDefaults } : {}) });
    const several = config.workers > 1;
    if (several && demo) throw usageError('--demo is for one process: leave --workers out.');
    // Once for all workers.
    if (config.workerNumber === 0) for (const file of call.given.all('ig')) call.say((await addGuide(config.dataDir, call, file)).text);
    if (several && config.workerNumber === 0) return runWorkers({ count: config.workers, call, onReady: (port) => greetForAll(config, call, port) });
    const { startServing } = await import('../serving.js');
    const serving = await startServing(config, call.commands);
    return untilEnd(serving, call, async () => { if (!several) await greet(serving, { config, call, demo }); });
  },
};

const untilEnd = async (serving: Serving, { signal }: Call, work: () => Promise<void>): Promise<Outcome> => {
  const asked = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const failed = work().then(() => new Promise<never>(() => undefined), (error: unknown) => ({ error }));
  const ended = await Promise.race([asked.then(() => 'asked' as const), serving.failed.then(() => 'store' as const), failed]);
  if (ended === 'store') {
    await serving.stop('store failure');
    return { exit: 'store', text: '', json: undefined };
  }
  const error: unknown = signal.reason instanceof Crash ? signal.reason.cause : typeof ended === 'object' && !signal.aborted ? ended.error : undefined;
  if (error !== undefined) serving.observe({ kind: 'failure', requestId: undefined, where: 'process', error });
  await serving.stop(signal.reason instanceof Error && error === undefined ? signal.reason.message : 'failure');
  return { exit: error === undefined ? 'ok' : 'failed', text: '', json: undefined };
};

const greetForAll = (config: Config, call: Call, port: number): void => {
  call.say([`Concierge FHIR ${programVersion()} is ready: ${String(config.workers)} processes.`, `  FHIR            ${fhirBase(config, port)}`, 'Ctrl-C stops them.'].join('\n'));
};

interface Greeting {
  readonly config: Config;
  readonly call: Call;
  readonly demo: boolean;
}

const greet = async (serving: Serving, { config, call, demo }: Greeting): Promise<void> => {
  const { origin, core } = serving;
  const base = fhirBase(config, Number(new URL(origin).port === '' ? 80 : new URL(origin).port));
  const about = demo ? await import('../demo.js').then(({ loadDemo }) => loadDemo(core, call)) : [];
  const rows = [
    ...(base === `${origin}/fhir` ? [] : [['listens on', origin]]),
    ['FHIR', base], ['what it can do', `${base}/metadata`], ['health', `${origin}/readyz`], ['metrics', `${origin}/metrics`], ['data', config.dataDir],
  ] as const;
  call.say([
    `Concierge FHIR ${programVersion()} is ready.`,
    ...rows.map(([name, value]) => `  ${(name ?? '').padEnd(14)}  ${value ?? ''}`),
    ...(config.auth === 'open' ? ['  AUTH=open: everyone on this machine can read and change everything.'] : []),
    ...about,
    'Ctrl-C stops it.',
  ].join('\n'));
};
