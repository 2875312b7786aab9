/** `concierge import FILE|DIR|GLOB...`: loads FHIR JSON, and goes on where it was stopped. */
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { defaultLimits, importSources } from '../../bulk/import/import.js';
import { openPositions } from '../../bulk/import/position.js';
import { findSources, SourceError, standardInput, type Sources } from '../../bulk/import/source.js';
import { makeTally, type Tally } from '../../bulk/import/tally.js';
import { readConfig, servingChecks } from '../../config/read.js';
import { systemClock } from '../../core/clock.js';
import { perform } from '../../interaction/perform.js';
import type { Call, Session, StoreCommand } from '../command.js';
import { CommandError, usageError } from '../exit-code.js';
import { loadOutcome, openReport } from '../load-report.js';
import { pathFrom } from '../options.js';

export const importData: StoreCommand = {
  name: 'import',
  summary: 'Loads FHIR JSON: Bundles of any type, NDJSON, single resources; plain, gzip or bzip2; "-" is standard input.',
  usage: 'FILE|DIR|GLOB...',
  about: [
    'A batch or transaction is sent as it is. Every other resource is put under its id, or created when it has none; one that is',
    'refused keeps no other out. Files are read in the order given, those of a folder by name. A load that was stopped goes on where',
    'it was; a file that was loaded and has not changed is passed over. Standard input has no such memory, and is not read when a server runs.',
  ].join('\n'),
  options: {
    report: { value: 'FILE', about: 'Write every refusal to FILE: one JSON object a line with file, line, entry, code and OperationOutcome.' },
    restart: { about: 'Load everything anew, whatever was loaded before. Resources without an id are created again.' },
    parallel: { value: 'N', about: `Transactions on their way at once, ${String(defaultLimits.width)} unless said otherwise. 1 keeps the order of everything.` },
  },
  needs: 'store',
  before: async (call) => {
    await sourcesOf(call);
    return undefined;
  },
  run: async (call, session) => {
    const sources = await sourcesOf(call);
    const start = systemClock.monotonic();
    const path = call.given.text('report');
    const report = await openReport(path === undefined ? undefined : pathFrom(call, path));
    const tally = makeTally(report.write);
    try {
      const { passed } = await load(call, session, { sources, tally });
      const notes = [
        ...(passed > 0 ? [`Passed over: ${passed === 1 ? '1 file that was' : `${String(passed)} files that were`} loaded before (--restart loads again)`] : []),
        ...(sources.leftOut.length > 0 ? [`Left out, not named like FHIR JSON: ${sources.leftOut.join(', ')}`] : []),
      ];
      return loadOutcome({ tally, ms: systemClock.monotonic() - start, notes, json: { passed, leftOut: sources.leftOut }, reported: path !== undefined });
    } finally {
      await report.close();
    }
  },
};

const sourcesOf = async ({ given, cwd }: Call): Promise<Sources> => {
  if (given.words.length === 0) throw usageError('Say what to import: files, folders or patterns, or - for standard input.');
  given.whole('parallel', { low: 1, fallback: defaultLimits.width });
  try {
    return await findSources(given.words, cwd);
  } catch (error) {
    throw error instanceof SourceError ? usageError(error.message) : error;
  }
};

/** Returns standard input, an empty one where nobody asked for it. */
const inputOf = ({ input }: Call, { files }: Sources): AsyncIterable<Uint8Array> => {
  if (input === undefined && files.includes(standardInput)) throw new CommandError('failed', 'The running server cannot read standard input of this command: write it to a file and import that.');
  return input ?? Readable.from([]);
};

const load = async (call: Call, { service, viewer }: Session, { sources, tally }: { sources: Sources; tally: Tally }): Promise<{ readonly passed: number }> => {
  const { dataDir } = readConfig(undefined, { without: servingChecks });
  const positions = await openPositions(join(dataDir, 'import.ndjson'));
  const size = sources.files.reduce((sum, file) => sum + file.size, 0);
  try {
    return await importSources({
      sender: { service, viewer, perform }, sources: sources.files, positions, restart: call.given.flag('restart'), tally, signal: call.signal,
      limits: { ...defaultLimits, width: call.given.whole('parallel', { low: 1, fallback: defaultLimits.width }) }, input: inputOf(call, sources),
      report: (bytes) => {
        const { created, updated, unchanged, deleted } = tally.counts;
        call.report({ what: 'resources', done: created + updated + unchanged + deleted, share: size === 0 ? undefined : bytes / size });
      },
    });
  } finally {
    await positions.close();
  }
};
