/** `concierge reindex [--check]`: makes the search index anew from the resources, or compares it with them. */
import { reindex } from '../../interaction/reindex.js';
import type { Outcome, StoreCommand } from '../command.js';
import { takeNoWords } from '../options.js';

export const reindexStore: StoreCommand = {
  name: 'reindex',
  summary: 'Makes the search index anew from the stored resources; the server goes on serving.',
  usage: '',
  about: 'A server does it by itself, in the background, when its release reads search parameters in another way than the one that stored the data. With --check nothing is written and every difference is a fault.',
  options: { check: { about: 'Compare only; exit code 5 when something differs.' } },
  needs: 'store',
  run: async ({ given, report, signal }, { service, viewer }) => {
    takeNoWords(given);
    const check = given.flag('check');
    const result = await reindex(service, viewer, { check, signal, report: (done, total) => report({ what: 'resources', done, total }) });
    return check ? checked(result) : { text: `${String(result.resources)} resources indexed anew.`, json: { resources: result.resources } };
  },
};

const checked = ({ resources, faulty, faults }: Awaited<ReturnType<typeof reindex>>): Outcome => ({
  ...(faulty === 0 ? {} : { exit: 'refused' }),
  text: [
    `${String(resources)} resources compared, ${String(faulty)} differ from their index.`,
    ...faults.map(({ type, id, problem }) => `  ${type}/${id}: ${problem}`),
    ...(faulty > faults.length ? [`  and ${String(faulty - faults.length)} more`] : []),
    ...(faulty > 0 ? ['"concierge reindex" mends it.'] : []),
  ].join('\n'),
  json: { resources, faulty, faults },
});
