/**
 * What a release reads from resources may differ from what an earlier one did: then everything that is stored is indexed anew in the
 * background, and searches say until then that they may miss something (https://hl7.org/fhir/R4/search.html#return).
 */
import type { Issue } from '../../core/error.js';
import { resourceTypes } from '../../fhir/definitions.js';
import { indexRules } from '../../search/index-rules.js';
import type { Service } from '../service.js';
import { countOf, indexPlaces, type Indexing } from './index-places.js';
import type { IndexState, IndexStates } from './state.js';

/** Where the state of it is kept, beside those of search parameters by URL. */
export const rulesName = 'urn:concierge-fhir:index-rules';

export interface IndexRules {
  /** Looks at the start whether what is stored was indexed by the rules of this release; what a process alone stores first is, and is noted at once by `keep`. */
  begin(states: IndexStates, keep: Indexing['keep'] | undefined): Promise<void>;
  /** Looks how far another process is. */
  look(states: IndexStates): void;
  /** Indexes what is stored, where it was not by these rules. */
  follow(indexing: Indexing): Promise<void>;
  /** How far it is; undefined: everything is indexed by these rules. */
  incomplete(): string | undefined;
}

const done: IndexState = { fingerprint: indexRules, done: true };

const isDone = (states: IndexStates): boolean => states[rulesName]?.fingerprint === indexRules && states[rulesName].done;

/** Returns what keeps the index to the rules of this release. */
export const makeIndexRules = (service: () => Service): IndexRules => {
  let progress: string | undefined;
  /** Nothing had ever been stored when the server was started: whatever is there is indexed by these rules. */
  let isFresh = false;
  return {
    begin: async (states, keep) => {
      if (isDone(states)) return;
      isFresh = (await service().store.head()).seq === 0;
      if (!isFresh) progress = 'it has not begun';
      else await keep?.(rulesName, done);
    },
    look: (states) => {
      if (progress !== undefined && isDone(states)) progress = undefined;
    },
    follow: async (indexing) => {
      if (indexing.state?.fingerprint === indexRules && indexing.state.done) return;
      if (isFresh) {
        await indexing.keep(rulesName, done);
        return;
      }
      const total = String(await countOf(service(), resourceTypes));
      service().observe({ kind: 'notice', level: 'warn', message: `What is stored was indexed by the rules of another release, or restored: the index of ${total} resources is made anew while the server serves. Until it is, searches say that they may miss something.` });
      const many = await indexPlaces(service(), {
        name: rulesName, fingerprint: indexRules, places: resourceTypes,
        told: (so, isResumed) => { progress = `${String(so)} of about ${total} resources are done${isResumed ? ' since the server was started' : ''}`; },
      }, indexing);
      progress = undefined;
      service().observe({ kind: 'notice', level: 'info', message: `The index is made by the rules of this release: ${String(many)} resources.` });
    },
    incomplete: () => progress,
  };
};

/** Returns what a search says meanwhile. */
export const notYetIndexed = (progress: string): Issue => ({
  severity: 'warning', code: 'incomplete',
  diagnostics: `The index is made anew for this release of the server (${progress}): what was stored before may be missing here, or found by what it no longer means. Repeat the search when it is whole.`,
});
