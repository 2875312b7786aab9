/** Terminology as a part of the server: what it is made of, put together once at start. */
import { systemViewer } from '../../access/viewer.js';
import { makeRepeatedJob, type Job } from '../../core/job.js';
import { FhirError } from '../../core/error.js';
import { perform } from '../../interaction/perform.js';
import { mayReadAll } from '../../interaction/gate.js';
import type { Operation, Service, TerminologyFor } from '../../interaction/service.js';
import { unrecorded } from '../../interaction/unrecorded.js';
import { makeCoreSource } from '../../terminology/local/core-source.js';
import { makeLocalTerminology, type LocalTerminology } from '../../terminology/local/engine.js';
import { openTerminologyFolder, terminologyFolder } from '../../terminology/file/folder.js';
import type { TerminologySource } from '../../terminology/local/source.js';
import { makeExternalTerminology, type ExternalOptions } from '../../terminology/external.js';
import { makeLayeredTerminology } from '../../terminology/layered.js';
import type { Terminology } from '../../terminology/port.js';
import type { TerminologyType, ValueSet } from '../../terminology/resource.js';
import { makeFollower, makeStamp } from './follow.js';
import { asValueSet, makeFreshTerminology } from './fresh.js';
import { terminologyOperations } from './operations.js';
import { makeStoredSource, onlyOf } from './stored-source.js';

export interface TerminologyParts {
  /** Asked for when something stored is read: it may be made after this. */
  readonly service: () => Service;
  /** Resources of loaded guides. */
  readonly guides?: readonly TerminologySource[] | undefined;
  /** Takes in guides that were added; awaited before each question. */
  readonly refreshGuides?: (() => Promise<void>) | undefined;
  readonly dataDir: string;
  /** Another server for what is not known here. */
  readonly external?: ExternalOptions | undefined;
}

export interface TerminologyPart {
  /** For checks while something is written: at once where it can; what was stored a moment ago may be missing. */
  readonly quick: Terminology;
  /** As of now, for operations and searches, of the stored types that may be used. */
  readonly fresh: TerminologyFor;
  readonly operations: readonly Operation[];
  /** Forgets what was made of resources of guides. */
  readonly forget: () => void;
  /** Keeps `quick` from staying behind where nobody asks `fresh`. */
  readonly job: (service: Service) => Job;
}

const everyMs = 1_000;
const storedTypes: readonly TerminologyType[] = ['CodeSystem', 'ValueSet', 'ConceptMap'];

/** Returns the part. Nothing is read before it is asked. */
export const makeTerminologyPart = ({ service, guides = [], refreshGuides, dataDir, external }: TerminologyParts): TerminologyPart => {
  const stored = makeStoredSource(service);
  const imported = openTerminologyFolder(terminologyFolder(dataDir));
  const beyond = external === undefined ? undefined : makeExternalTerminology(external);
  const engines: LocalTerminology[] = [];
  const makeEngine = (isUsable: (type: string) => boolean): Terminology => {
    const local = makeLocalTerminology({ sources: [makeCoreSource(), ...guides, onlyOf(stored, isUsable)], imported });
    engines.push(local);
    return beyond === undefined ? local : makeLayeredTerminology(local, beyond);
  };
  const quick = makeEngine(() => true);
  const forget = (): void => {
    stored.forget();
    for (const engine of engines) engine.forget();
  };
  const follow = makeFollower(makeStamp(service), forget);
  const refresh = async (): Promise<void> => {
    if (imported.changed()) forget();
    await refreshGuides?.();
    await follow();
  };
  const readValueSet = async (id: string): Promise<ValueSet> => {
    const { body } = await perform(unrecorded(service()), systemViewer('terminology'), { interaction: 'read', type: 'ValueSet', id, params: [], conditions: {}, prefer: {}, requestId: '' });
    if (body === undefined) throw new FhirError('not-found', 'There is no ValueSet with this id.');
    return asValueSet(JSON.parse(body) as Record<string, unknown>);
  };
  const known = new Map<string, Terminology>();
  /** Each set of types has an engine of its own: what one has compiled of stored resources another must not know. */
  const fresh: TerminologyFor = (isUsable) => {
    const usable = storedTypes.filter(isUsable);
    const name = usable.join(' ');
    const engine = known.get(name) ?? makeFreshTerminology({
      terminology: usable.length === storedTypes.length ? quick : makeEngine((type) => (usable as readonly string[]).includes(type)), refresh,
      valueSet: usable.includes('ValueSet') ? readValueSet : async () => { throw new FhirError('not-found', 'There is no ValueSet with this id.'); },
    });
    known.set(name, engine);
    return engine;
  };
  return {
    quick, fresh, forget, operations: terminologyOperations((context) => fresh((type) => mayReadAll(context, type))),
    job: ({ observe }) => makeRepeatedJob({
      name: 'follow-terminology', everyMs, act: refresh,
      onFailure: (error) => observe({ kind: 'failure', requestId: undefined, where: 'follow-terminology', error }),
    }),
  };
};
