/** `concierge audit verify|checkpoint|retain`: whether the records of every access are still those that were signed, and the end of their time. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Journal } from '../../audit/journal.js';
import type { Verified } from '../../audit/verify.js';
import { toInstant } from '../../core/clock.js';
import { expireAudit, retentionEnd } from '../../interaction/audit-retention.js';
import { recordSecurity } from '../../interaction/audited.js';
import type { Call, Outcome, Session, StoreCommand } from '../command.js';
import { CommandError, usageError } from '../exit-code.js';

const actions = ['verify', 'checkpoint', 'retain'] as const;

export const audit: StoreCommand = {
  name: 'audit',
  summary: 'Verifies the records of every access against their signed checkpoints, signs a checkpoint now, or removes records at the end of their time.',
  usage: 'verify|checkpoint|retain',
  about: 'verify hashes every record anew; exit code 5 and the number of the first bad record when one was changed, removed or added. --from takes the copy\n'
    + 'of AUDIT_CHECKPOINTS or of the log lines kept elsewhere: only such a copy shows a journal that was cut off or rebuilt by who has the key.\n'
    + 'retain removes records of more than AUDIT_YEARS, or those before --before when that is earlier, up to a signed checkpoint; what is left is verified as before.',
  options: { from: { value: 'FILE', about: 'Checkpoints kept elsewhere, one JSON object a line; AUDIT_CHECKPOINTS when absent.' }, before: { value: 'DATE', about: 'With retain: remove records before this day (YYYY-MM-DD, UTC).' } },
  needs: 'store',
  before: async ({ given }) => {
    const [action, ...more] = given.words;
    if (more.length > 0 || !actions.some((known) => known === action)) throw usageError(`audit takes one of ${actions.join(', ')}.`);
    return undefined;
  },
  run: async (call, session: Session) => {
    const { given, cwd, report } = call;
    const { audit: open } = session;
    const journal = await open();
    if (given.words[0] === 'checkpoint') {
      await journal.follow(true);
      const checkpoint = journal.checkpoint();
      return { text: checkpoint === undefined ? 'Nothing is recorded yet.' : JSON.stringify(checkpoint), json: checkpoint ?? null };
    }
    if (given.words[0] === 'retain') return retain(call, session, journal);
    const from = given.text('from');
    const external = from === undefined ? undefined : await readFrom(resolve(cwd, from));
    return outcomeOf(await verifying(() => journal.verify(external, (done) => report({ what: 'records', done }))));
  },
};

const readFrom = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandError('failed', `Cannot read the checkpoints of ${path}.`, { cause });
  }
};

const verifying = async (verify: () => Promise<Verified>): Promise<Verified> => {
  try {
    return await verify();
  } catch (error) {
    throw error instanceof Error && error.message.includes('checkpoint') ? new CommandError('failed', error.message, { cause: error }) : error;
  }
};

const outcomeOf = ({ records, signed, expired, fault }: Verified): Outcome => ({
  ...(fault === undefined ? {} : { exit: 'refused' }),
  text: fault === undefined
    ? `${String(records)} records verified${expired === 0 ? '' : `, ${String(expired)} before them expired`}; checkpoints vouch for the first ${String(signed)}.`
    : `Record ${String(fault.record)}: ${fault.problem}.`,
  json: { records, signed, expired, fault: fault ?? null },
});

const retain = async ({ given, report, signal }: Call, { service, viewer }: Session, journal: Journal): Promise<Outcome> => {
  const [wanted, end] = [given.text('before'), retentionEnd(service)];
  const before = wanted === undefined ? end : /^\d{4}-\d{2}-\d{2}$/.test(wanted) ? Date.parse(wanted) : Number.NaN;
  if (Number.isNaN(before)) throw usageError('--before takes a day as YYYY-MM-DD.');
  if (before > end) throw new CommandError('failed', `Records after ${toInstant(end).slice(0, 10)} must be kept: AUDIT_YEARS says for how long.`);
  await journal.follow(true);
  const upTo = journal.expirable(before);
  const [first] = await service.store.records('audit', 0, 1);
  if (first === undefined || first.number > upTo) return { text: 'No signed part of the journal is that old; nothing was removed.', json: { removed: 0 } };
  // Recorded and signed before it is done: when it is interrupted the rest may still go, and nothing else.
  await recordSecurity(service, 'audit-expired', { agent: { client: viewer.reason }, outcomeText: `records ${String(first.number)} to ${String(upTo)}` });
  journal.expired(upTo);
  const removed = await expireAudit(service, { upTo, signal, report: (done) => report({ what: 'records', done }) });
  return { text: `${String(removed)} records were removed; the journal begins after ${String(first.number + removed - 1)}.`, json: { removed, before: toInstant(before) } };
};
