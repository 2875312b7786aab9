/** What is composed, and what a part above the interactions adds (see ARCHITECTURE.md, "Start, commands, stop"). */
import type { Config } from '../config/table.js';
import type { Clock } from '../core/clock.js';
import type { Job } from '../core/job.js';
import type { Observe } from '../core/observe.js';
import type { Operation } from '../interaction/service.js';
import type { HttpServerParts, Mount } from '../rest/server.js';

export interface ComposeOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Told once when the store cannot be gone on with. */
  readonly onFatal?: ((error: unknown) => void) | undefined;
  /** Opens a store too that must not be served, for a command that knows what it does. */
  readonly evenUnserved?: boolean | undefined;
}

/** What a part above the interactions adds. */
export interface Part {
  readonly operations?: readonly Operation[];
  /** Paths beside `/fhir`: pages, consoles, the authorization server. */
  readonly mounts?: readonly Mount[];
  readonly jobs?: readonly Job[];
  /** Who makes a request; at most one part says it. */
  readonly viewerOf?: NonNullable<HttpServerParts['viewerOf']>;
}
