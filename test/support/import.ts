/** Runs an import on a store that is open in the test. */
import { join } from 'node:path';
import { openViewer } from '../../src/access/viewer.js';
import { defaultLimits, importSources, type Import } from '../../src/bulk/import/import.js';
import { openPositions } from '../../src/bulk/import/position.js';
import { findSources } from '../../src/bulk/import/source.js';
import { makeTally, type Counts, type Refusal } from '../../src/bulk/import/tally.js';
import { perform } from '../../src/interaction/perform.js';
import type { Service } from '../../src/interaction/service.js';

export interface Imported {
  readonly counts: Counts;
  readonly byType: ReadonlyMap<string, Counts>;
  readonly refusals: readonly Refusal[];
  readonly passed: number;
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield* [];
}

/** Imports `given`, relative to `folder`, where the positions are kept too. */
export const importInto = async (service: Service, folder: string, given: readonly string[], more: Partial<Import> = {}): Promise<Imported> => {
  const refusals: Refusal[] = [];
  const tally = makeTally(async (refusal) => { refusals.push(refusal); });
  const positions = await openPositions(join(folder, 'import.ndjson'));
  const { files } = await findSources(given, folder);
  try {
    const { passed } = await importSources({
      sender: { service, viewer: openViewer, perform }, sources: files, positions, restart: false, tally, limits: defaultLimits,
      input: nothing(), signal: new AbortController().signal, report: () => undefined, ...more,
    });
    return { counts: tally.counts, byType: tally.byType, refusals, passed };
  } finally {
    await positions.close();
  }
};
