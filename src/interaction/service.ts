/** What interactions need from the outside, given once at start. */
import type { Issue } from '../core/error.js';
import type { KeyedQueue } from '../core/keyed-queue.js';
import type { Clock } from '../core/clock.js';
import type { Ids } from '../core/id.js';
import type { Observe } from '../core/observe.js';
import type { Store } from '../store/store.js';
import type { Permission } from '../access/scope.js';
import type { Viewer } from '../access/viewer.js';
import type { FhirRequest, FhirResponse } from './request.js';
import type { Registry } from '../search/registry.js';
import type { Standings } from './standing.js';
import type { Terminology } from '../terminology/port.js';
import type { Trail } from './trail.js';

export interface InteractionOptions {
  /** Base of absolute URLs, `http://host/fhir`, no trailing slash. */
  readonly baseUrl: string;
  /** PUT to a new id creates. */
  readonly clientIds: boolean;
  /** Conditional delete of several matches deletes them all. */
  readonly conditionalDelete: 'single' | 'multiple';
  readonly referentialIntegrity: 'off' | 'warn' | 'enforce';
  /** Updates without If-Match are refused with 428. */
  readonly requireIfMatch: boolean;
  /** How long a record that was opened in an emergency stays open at the most; 0: nobody can open one. */
  readonly breakGlassMinutes: number;
  /** Handling when the request has no `Prefer: handling`. */
  readonly handling: 'strict' | 'lenient';
  readonly pageSize: number;
  readonly maxPageSize: number;
  readonly maxBundleEntries: number;
  readonly maxDepth: number;
  readonly idempotencyHours: number;
  /** Key of the MAC in page links. */
  readonly pageSecret: string;
  readonly version: string;
}

export interface AuditSettings {
  /** Whether a write also stores a Provenance. */
  readonly provenance: boolean;
  /** Years that records are kept at least; six when undefined. */
  readonly years?: number | undefined;
  /** Makes every AuditEvent recorded so far one that can be found; resolves with the time up to which they can, where that takes too long (milliseconds since 1970). */
  readonly bringUpToDate?: (() => Promise<number | undefined>) | undefined;
}

/** Returns what is known with the stored CodeSystems, ValueSets and ConceptMaps, each type only where it may be used. */
export type TerminologyFor = (isUsable: (type: string) => boolean) => Terminology;

export interface Service {
  /** Lets a patient know, outside of their record and without a word of it, that there is news about who opened it; undefined: nobody can be reached. */
  readonly callPatient?: ((patient: string) => Promise<void>) | undefined;
  /** Operations by name, plugged in from above. */
  readonly operations: ReadonlyMap<string, Operation>;
  readonly store: Store;
  readonly registry: Registry;
  /**
   * What codes mean, as of now, of the stored resources of those types that may be used; undefined: searches by sets of codes are
   * refused. Interactions ask for theirs at the gate.
   */
  readonly terminology?: TerminologyFor | undefined;
  /**
   * Findings of a resource about to be stored, as its plain value; an error among them refuses the write. A promise only
   * where something outside had to be asked, as a terminology server.
   */
  readonly validate: (resource: Readonly<Record<string, unknown>>) => readonly Issue[] | Promise<readonly Issue[]>;
  /** Writes that contend for one resource or one condition wait here for each other instead of retrying. */
  readonly lanes: KeyedQueue;
  /** What the record says about whoever makes a request; without it nobody who works here reaches a patient. */
  readonly standings?: Standings | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly observe: Observe;
  readonly options: InteractionOptions;
  /** How far the index is while it is made anew for the rules of this release; undefined, or undefined returned: it is whole. */
  readonly incomplete?: (() => string | undefined) | undefined;
  /** Every access leaves a record in the journal; undefined: none does. */
  readonly audit?: AuditSettings | undefined;
  /** CapabilityStatement.rest.security, where there is authorization. */
  readonly security?: (() => Readonly<Record<string, unknown>>) | undefined;
}

/** One request on its way through an interaction: who asks, what for, and what the server has. */
export interface Context {
  /** What it was shown, where it is audited. */
  readonly trail?: Trail | undefined;
  /** AuditEvents of later accesses cannot all be found yet, milliseconds since 1970; undefined: all can. */
  readonly auditedUntil?: number | undefined;
  readonly service: Service;
  readonly viewer: Viewer;
  readonly request: FhirRequest;
}

export type Interaction = (context: Context) => Promise<FhirResponse>;

/** Performs one request for one viewer. */
export type Perform = (service: Service, viewer: Viewer, request: FhirRequest) => Promise<FhirResponse>;

/** An operation (https://hl7.org/fhir/R4/operations.html); its code stands above this folder and is plugged in. */
export interface Operation {
  /** Without the `$`. */
  readonly name: string;
  /** Canonical URL of the OperationDefinition. */
  readonly definition: string;
  /** Where it is defined for a type by a definition of its own. */
  readonly definitions?: Readonly<Record<string, string>> | undefined;
  /** Names of the parameters it takes, where a statement lists them. */
  readonly parameters?: readonly string[] | undefined;
  readonly levels: readonly ('system' | 'type' | 'instance')[];
  /** Types it is for; undefined: any. */
  readonly types?: readonly string[] | undefined;
  /** One that changes something is not done by GET. */
  readonly affectsState: boolean;
  /** Whether one that changes something honours `request.dryRun`; else it is refused with it. */
  readonly dryRun?: boolean | undefined;
  /** What a token needs on the type, or on every type at system level; undefined: `rs`, and all of `cruds` where it changes something. */
  readonly permissions?: readonly Permission[] | undefined;
  readonly handle: Interaction;
}
