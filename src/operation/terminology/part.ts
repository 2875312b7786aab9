/** Terminology as a part of the server: what it is made of, put together once at start. */
import { systemViewer } from '../../access/viewer.js';
import { makeRepeatedJob, type Job } from '../../core/job.js';
import { FhirError } from '../../core/error.js';
import { perform } from '../../interaction/perform.js';
import type { Operation, Service } from '../../interaction/service.js';
import { makeCoreSource } from '../../terminology/local/core-source.js';
import { makeLocalTerminology } from '../../terminology/local/engine.js';
import { openTerminologyFolder, terminologyFolder } from '../../terminology/file/folder.js';
import type { TerminologySource } from '../../terminology/local/source.js';
import { makeExternalTerminology, type ExternalOptions } from '../../terminology/external.js';
import { makeLayeredTerminology } from '../../terminology/layered.js';
import type { Terminology } from '../../terminology/port.js';
import { makeFollower, makeStamp } from './follow.js';
import { asValueSet, makeFreshTerminology } from './fresh.js';
import { terminologyOperations } from './operations.js';
import { makeStoredSource } from './stored-source.js';

export interface TerminologyParts {
  /** Asked for when something stored is read: it may be made after this. */
  readonly service: () => Service;
  /** Resources of loaded guides. */
  readonly guides?: readonly TerminologySource[] | undefined;
  readonly dataDir: string;
  /** Another server for what is not known here. */
  readonly external?: ExternalOptions | undefined;
}

export interface TerminologyPart {
  /** For checks while something is written: at once where it can; what was stored a moment ago may be missing. */
  readonly quick: Terminology;
  /** As of now, for operations and searches. */
  readonly fresh: Terminology;
  readonly operations: readonly Operation[];
  /** Keeps `quick` from staying behind where nobody asks `fresh`. */
  readonly job: (service: Service) => Job;
}

const everyMs = 1_000;

/** Returns the part. Nothing is read before it is asked. */
export const makeTerminologyPart = ({ service, guides = [], dataDir, external }: TerminologyParts): TerminologyPart => {
  const stored = makeStoredSource(service);
  const imported = openTerminologyFolder(terminologyFolder(dataDir));
  const local = makeLocalTerminology({ sources: [makeCoreSource(), ...guides, stored], imported });
  const forget = (): void => {
    stored.forget();
    local.forget();
  };
  const quick = external === undefined ? local : makeLayeredTerminology(local, makeExternalTerminology(external));
  const follow = makeFollower(makeStamp(service), forget);
  const refresh = async (): Promise<void> => {
    if (imported.changed()) forget();
    await follow();
  };
  const fresh = makeFreshTerminology({
    terminology: quick, refresh,
    valueSet: async (id) => {
      const { body } = await perform(service(), systemViewer('terminology'), { interaction: 'read', type: 'ValueSet', id, params: [], conditions: {}, prefer: {}, requestId: '' });
      if (body === undefined) throw new FhirError('not-found', 'There is no ValueSet with this id.');
      return asValueSet(JSON.parse(body) as Record<string, unknown>);
    },
  });
  return {
    quick, fresh, operations: terminologyOperations(fresh),
    job: ({ observe }) => makeRepeatedJob({
      name: 'follow-terminology', everyMs, act: refresh,
      onFailure: (error) => observe({ kind: 'failure', requestId: undefined, where: 'follow-terminology', error }),
    }),
  };
};
