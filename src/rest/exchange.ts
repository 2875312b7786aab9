/** One request on its way to its answer: what the steps of the pipeline know about it and what the log will say. */
import type { RequestHandler } from 'express';
import type { IncomingMessage } from 'node:http';
import type { RequestEnding } from '../core/ending.js';
import type { ErrorCode } from '../core/error-table.js';
import type { Observe } from '../core/observe.js';
import type { Viewer } from '../access/viewer.js';
import type { FhirRequest } from '../interaction/request.js';
import type { Perform, Service } from '../interaction/service.js';
import type { BodyBudget } from './body-budget.js';
import type { Connections, OpenAnswer } from './connections.js';
import type { FixedHeads } from './head.js';
import type { AnswerForm } from './negotiate.js';
import type { HttpOptions } from './options.js';

export interface Readiness {
  readonly ready: boolean;
  /** For the operator, without data. */
  readonly reason?: string | undefined;
}

/** Pages and endpoints beside FHIR: an express handler for a path and what is below it. */
export interface Mount {
  /** `/auth`; `/` comes last and gets what nobody else has taken. */
  readonly path: string;
  /** What the log calls its requests. */
  readonly name: string;
  /** Answers, or calls `next` without an error when the URL is none of its own. It sets the headers of its answers itself. */
  readonly handler: RequestHandler;
}

/** What the HTTP side is given. */
export interface HttpServerParts {
  /** Its `options.baseUrl` is read with every answer. */
  readonly service: Service;
  readonly perform: Perform;
  readonly options: HttpOptions;
  readonly observe: Observe;
  /** The text of `/metrics`. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Whether the server can do its work, the store's writes included. */
  readonly readiness: () => Promise<Readiness>;
  readonly mounts?: readonly Mount[] | undefined;
  /** Whether only `/healthz`, `/readyz` and `/metrics` are answered: the process does the work of the background. */
  readonly pagesOnly?: true | undefined;
  /** Whether a web app that may be given tokens comes from this origin. */
  readonly isAppOrigin?: ((origin: string) => boolean) | undefined;
  /** Looks for an origin that is not known yet; undefined for one that is. */
  readonly learnOrigin?: ((origin: string) => Promise<void> | undefined) | undefined;
  /** On whose behalf a request is made; throws `unauthorized`. Without it everyone is the open viewer. */
  readonly viewerOf?: ((request: IncomingMessage) => Viewer | Promise<Viewer>) | undefined;
  /** Told of requests that are refused before they are performed. */
  readonly onRefusal?: ((viewer: Viewer, request: FhirRequest, error: unknown) => void) | undefined;
}

/** The parts with what belongs to one running server. */
export interface Host extends HttpServerParts {
  readonly budget: BodyBudget;
  readonly heads: FixedHeads;
  readonly connections: Connections;
  /** Requests being performed now. */
  running: number;
}

export interface Exchange extends OpenAnswer {
  readonly requestId: string;
  /** What the log calls it. */
  interaction: string;
  type: string | undefined;
  code: ErrorCode | undefined;
  form: AnswerForm;
  /** The client waits for `100 Continue` before it sends its body. */
  continueDue: boolean;
  /** Raised when the client leaves before its answer is whole; undefined where nothing takes long. */
  ending: RequestEnding | undefined;
}
