/**
 * The transport-free FHIR request and response: REST, batch entries, the command line and operations all speak these
 * (https://hl7.org/fhir/R4/http.html).
 */
import type { Ending } from '../core/ending.js';
import type { ErrorCode } from '../core/error-table.js';
import type { Issue } from '../core/error.js';
import type { ResourceKey, Version } from '../store/resource.js';

export type InteractionName =
  | 'read' | 'vread' | 'create' | 'update' | 'delete' | 'patch'
  | 'conditional-update' | 'conditional-delete' | 'conditional-patch'
  | 'history-instance' | 'history-type' | 'history-system'
  | 'search-type' | 'search-system' | 'search-compartment'
  | 'capabilities' | 'batch-or-transaction' | 'operation';

export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifNoneExist?: string | undefined;
}

export interface Prefer {
  readonly return?: 'minimal' | 'representation' | 'OperationOutcome' | undefined;
  readonly handling?: 'strict' | 'lenient' | undefined;
  /** A search says how it was run. */
  readonly explain?: boolean | undefined;
}

export interface Parsed {
  /** Compact JSON text, exact. */
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** What a Bundle's entry says, before it is checked. */
export interface RawEntry {
  readonly fullUrl?: unknown;
  readonly request?: unknown;
  readonly resource?: Parsed | undefined;
}

export interface Payload {
  /** The text as sent, decoded to Unicode. */
  readonly text: string;
  readonly format: 'json' | 'json-patch';
  /** The batch or transaction as a caller of this process has read it already: `text` is not looked at then. */
  readonly bundle?: { readonly type: 'batch' | 'transaction'; readonly entries: readonly RawEntry[] } | undefined;
}

export interface FhirRequest {
  readonly interaction: InteractionName;
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  /** Focus of the compartment that is searched; `type` is then that of its members, undefined for all. */
  readonly compartment?: ResourceKey | undefined;
  /** Name of an operation, without the `$`. */
  readonly operation?: string | undefined;
  /** HTTP method, where it matters what it was: an operation by GET must not change anything. */
  readonly method?: string | undefined;
  /** Version id of the URL. */
  readonly version?: string | undefined;
  /** Decoded query and form parameters in the order sent; those about the form of the answer (`_format`, `_pretty`) left out. */
  readonly params: readonly (readonly [name: string, value: string])[];
  readonly conditions: Conditions;
  readonly prefer: Prefer;
  readonly payload?: Payload | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Nothing is stored; the answer says what would have happened. */
  readonly dryRun?: boolean | undefined;
  readonly requestId: string;
  /** Network address of the client, where there is one. */
  readonly address?: string | undefined;
  /** Whether the answer may be `FhirResponse.stored`. */
  readonly takesStored?: boolean | undefined;
  /** Ends long work when its caller has left. */
  readonly signal?: Ending | undefined;
}

/** What one change of a dry run would come to. */
export interface TrialResult {
  /** Place in the Bundle, from 0. */
  readonly entry?: number | undefined;
  readonly status: number;
  /** `Type/id` of the resource. */
  readonly target?: string | undefined;
  readonly version?: number | undefined;
  /** JSON Patch from what is there to what would be; undefined when nothing would change or the caller may not read it. */
  readonly diff?: string | undefined;
  readonly issues: readonly Issue[];
  readonly code?: ErrorCode | undefined;
}

export interface FhirResponse {
  readonly status: number;
  /** Gives ETag and Last-Modified. */
  readonly version?: Pick<Version, 'type' | 'id' | 'version' | 'updated'> | undefined;
  /** Whether Location and Content-Location name the version. */
  readonly created?: boolean | undefined;
  /** JSON text of the resource, Bundle or CapabilityStatement; undefined for an empty body. */
  readonly body?: string | undefined;
  /** In place of the body, for who takes it: its text as what it begins with and bytes as they are stored. */
  readonly stored?: { readonly head: string; readonly rest: Buffer } | undefined;
  /** For an OperationOutcome body, or the warnings that go into it. */
  readonly issues?: readonly Issue[] | undefined;
  /** Code of the error that an entry of a batch was refused with. */
  readonly code?: ErrorCode | undefined;
  /** An answer kept from an earlier request with this Idempotency-Key. */
  readonly replayed?: boolean | undefined;
  /** The results of a dry run, of which `body` tells. */
  readonly trial?: readonly TrialResult[] | undefined;
}
