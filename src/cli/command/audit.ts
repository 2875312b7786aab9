/** `concierge audit verify|checkpoint`: whether the records of every access are still those that were signed. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Verified } from '../../audit/verify.js';
import type { Outcome, Session, StoreCommand } from '../command.js';
import { CommandError, usageError } from '../exit-code.js';

const actions = ['verify', 'checkpoint'] as const;

export const audit: StoreCommand = {
  name: 'audit',
  summary: 'Verifies the records of every access against their signed checkpoints, or signs a checkpoint now.',
  usage: 'verify|checkpoint',
  about: 'verify hashes every record anew; exit code 5 and the number of the first bad record when one was changed, removed or added. --from takes the copy\n'
    + 'of AUDIT_CHECKPOINTS or of the log lines kept elsewhere: only such a copy shows a journal that was cut off or rebuilt by who has the key.',
  options: { from: { value: 'FILE', about: 'Checkpoints kept elsewhere, one JSON object a line; AUDIT_CHECKPOINTS when absent.' } },
  needs: 'store',
  before: async ({ given }) => {
    const [action, ...more] = given.words;
    if (more.length > 0 || !actions.some((known) => known === action)) throw usageError(`audit takes one of ${actions.join(', ')}.`);
    return undefined;
  },
  run: async ({ given, cwd, report }, { audit: open }: Session) => {
    const journal = await open();
    if (given.words[0] === 'checkpoint') {
      await journal.follow(true);
      const checkpoint = journal.checkpoint();
      return { text: checkpoint === undefined ? 'Nothing is recorded yet.' : JSON.stringify(checkpoint), json: checkpoint ?? null };
    }
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
