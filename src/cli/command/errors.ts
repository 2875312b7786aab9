/** `concierge errors`: the closed set of error codes, for people, programs and the README. */
import { errorTable } from '../../core/error-table.js';
import type { PlainCommand } from '../command.js';
import { takeNoWords } from '../options.js';

const rows = Object.entries(errorTable);

const markdown = (): string => [
  '| code | status | what happened | what to do |', '|---|---|---|---|',
  ...rows.map(([code, { status, meaning, mend }]) => `| \`${code}\` | ${String(status)} | ${meaning} | ${mend} |`),
].join('\n');

const plain = (): string => rows.map(([code, { status, meaning, mend }]) => `${code} (${String(status)})\n  ${meaning} ${mend}`).join('\n');

export const errors: PlainCommand = {
  name: 'errors',
  summary: 'Lists the error codes an OperationOutcome of this server can carry, and what to do about each.',
  usage: '',
  options: { markdown: { about: 'As the table of the documentation.' } },
  needs: 'nothing',
  run: async ({ given }) => {
    takeNoWords(given);
    return { text: given.flag('markdown') ? markdown() : plain(), json: errorTable };
  },
};
