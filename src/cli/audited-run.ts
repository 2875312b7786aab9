/** What the operator does leaves a record: each command that works on the store, the start and stop of the server, and changes of what is recorded. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecurityEvent } from '../audit/security-event.js';
import type { Core } from '../compose/core.js';
import { systemCode } from '../core/system-code.js';
import { recordSecurity } from '../interaction/audited.js';
import type { Call, Outcome, Session, StoreCommand } from './command.js';

/** Commands that are a kind of event of their own. */
const events: Readonly<Partial<Record<string, SecurityEvent>>> = { backup: 'backed-up', export: 'exported', import: 'imported', audit: 'audit-used', token: 'restricted' };

/** The command and what it was told to do, never a name of a person or a file. */
const wordsOf = ({ name }: StoreCommand, { given }: Call): string => [name, ...given.words.filter((word) => /^[a-z]{2,12}$/.test(word)).slice(0, 1)].join(' ');

/** Runs the command; its outcome is told when it is recorded. Throws what the command throws. */
export const runAudited = async (command: StoreCommand, call: Call, session: Session): Promise<Outcome> => {
  const record = (outcome: '0' | '8'): Promise<void> =>
    recordSecurity(session.service, events[command.name] ?? 'command', { agent: { client: session.viewer.reason }, outcome, outcomeText: wordsOf(command, call) });
  let outcome: Outcome;
  try {
    outcome = await command.run(call, session);
  } catch (error) {
    await record('8');
    throw error;
  }
  await record('0');
  return outcome;
};

const settingsFile = 'audit-settings';

/** Records that the server starts, and, first, that what is recorded has changed since its last start: that it was switched off as well. */
export const recordStart = async ({ service, config }: Core): Promise<void> => {
  const file = join(config.dataDir, settingsFile);
  const [before, now] = [await readIfThere(file), `audit ${service.audit === undefined ? 'off' : 'on'}, AUTH=${config.auth}, checkpoints ${config.auditCheckpoints === undefined ? 'in DATA_DIR' : 'elsewhere'}`];
  if (before !== now) {
    const [was, is] = [before?.startsWith('audit on') === true, service.audit !== undefined];
    // The end of recording is the last thing recorded.
    const recording = { ...service, audit: service.audit ?? { provenance: false } };
    if (was || is) await recordSecurity(recording, was === is ? 'configured' : is ? 'audit-started' : 'audit-stopped', { agent: { client: 'operator' }, outcomeText: now });
    await writeFile(file, now, { mode: 0o600 });
  }
  await recordSecurity(service, 'started', { agent: { client: 'operator' }, outcomeText: `release ${service.options.version}` });
};

/** Records that the server stops. */
export const recordStop = ({ service }: Core): Promise<void> => recordSecurity(service, 'stopped', { agent: { client: 'operator' } });

const readIfThere = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};
