/** The audit's journal and its jobs, as the settings want them. */
import { join } from 'node:path';
import type { Journal } from '../audit/journal.js';
import { keptSecret, prepareDataDir } from '../config/data-dir.js';
import type { Config } from '../config/table.js';
import type { AuditIndex } from '../interaction/audit-index.js';
import { perform } from '../interaction/perform.js';
import type { Service } from '../interaction/service.js';
import { accountingOfDisclosures } from '../operation/audit/accounting.js';
import { makeProofOperations } from '../operation/audit/proof.js';
import { makeQuestionAccess } from '../operation/audit/question.js';
import { whoSaw } from '../operation/audit/who-saw.js';
import type { Hold } from '../scheduler/hold.js';
import { makeOwnedJob } from '../scheduler/owned.js';
import type { Part } from './options.js';

/** Where people sign in it cannot be switched off. */
export const isAudited = ({ auth, audit }: Config): boolean => audit === 'on' || (audit === 'auto' && auth === 'smart');

export const openAuditJournal = async (config: Config, { store, clock, observe, options }: Service): Promise<Journal> => {
  const { openJournal } = await import('../audit/journal.js');
  return openJournal({
    folder: await ownFolder(config), checkpointFile: config.auditCheckpoints ?? join(config.dataDir, 'audit-checkpoints'), store, clock, origin: () => options.baseUrl,
    secret: config.auditKey ?? await keptSecret(config.dataDir, 'audit.key'),
    tell: (news) => {
      if (news === 'restarted') observe({ kind: 'notice', level: 'warn', message: 'The audit journal is shorter than the hashes kept beside it: the store was restored or cut. They were put aside; "concierge audit verify" tells more.' });
      else observe({ kind: 'notice', level: 'info', message: `audit checkpoint ${JSON.stringify(news)}` });
    },
  });
};

/** Files that one process alone may have: workers have a folder each. */
const ownFolder = async ({ dataDir, workerNumber }: Config): Promise<string> => {
  if (workerNumber === 0) return dataDir;
  const folder = join(dataDir, `worker-${String(workerNumber)}`);
  await prepareDataDir(folder);
  return folder;
};

const followMs = 1_000;
/** Of each second, for the index of AuditEvents: more records than these in it, and the accesses come first. */
const indexMs = 300;
const busyRecords = 200;

interface AuditParts {
  readonly open: () => Promise<Journal>;
  readonly index: AuditIndex;
  readonly hold: Hold;
}

export const makeAuditPart = (service: Service, { open, index, hold }: AuditParts): Part => ({
  operations: [...makeProofOperations(open), whoSaw, accountingOfDisclosures, makeQuestionAccess(perform)],
  jobs: [makeOwnedJob({
    name: 'audit-journal', everyMs: followMs, hold, act: async () => {
      const journal = await open();
      const before = journal.size;
      await journal.follow();
      if (journal.size - before <= busyRecords) await index.follow(indexMs);
    },
    onFailure: (error) => service.observe({ kind: 'failure', requestId: undefined, where: 'audit-journal', error }),
  })],
});
