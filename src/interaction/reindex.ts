/** Makes the search index of all current resources anew, or compares it, while the server serves. */
import type { Viewer } from '../access/viewer.js';
import type { IndexFault } from '../store/store.js';
import type { Service } from './service.js';
import { streamCurrent, type CurrentVersion } from './stream.js';

export interface ReindexOptions {
  /** Compare only. */
  readonly check: boolean;
  readonly signal: AbortSignal;
  readonly report: (done: number, total: number) => void;
}

export interface ReindexResult {
  readonly resources: number;
  /** Where the kept index differs from what the resource says; the first of them. */
  readonly faults: readonly IndexFault[];
  /** How many differ. */
  readonly faulty: number;
}

const keptFaults = 100;

/** Returns what was handled. A resource that is written meanwhile gets its index from that write. */
export const reindex = async (service: Service, viewer: Viewer, { check, signal, report }: ReindexOptions): Promise<ReindexResult> => {
  const { store } = service;
  const { resources: counts } = await store.statistics();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const faults: IndexFault[] = [];
  let [resources, faulty] = [0, 0];
  for await (const page of streamCurrent(service, viewer, { signal })) {
    const entries = page.map((version) => indexedAnew(service, version));
    const found = await store.maintain(check ? { task: 'check-index', entries } : { task: 'reindex', entries });
    resources += page.length;
    faulty += found.faults.length;
    faults.push(...found.faults.slice(0, keptFaults - faults.length));
    report(resources, Math.max(total, resources));
  }
  return { resources, faults, faulty };
};

/** Returns a current version with what it is found by, as the store takes it. */
export const indexedAnew = ({ registry }: Service, { type, id, version, body }: CurrentVersion) =>
  ({ key: { type, id }, version, index: registry.extract(JSON.parse(body) as Record<string, unknown>) });
