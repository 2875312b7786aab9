/** Performs one interaction for one viewer: the single entry for REST, bundles, commands and operations. */
import { FhirError } from '../core/error.js';
import { looksAtAudit, notYetThere } from './audit-index.js';
import { audited } from './audited.js';
import { makeBundleInteraction } from './bundle.js';
import { capabilities } from './capabilities.js';
import type { Context, Interaction, Perform } from './context.js';
import { create } from './create.js';
import { conditionalDelete, remove } from './delete.js';
import { history } from './history.js';
import { idempotent } from './idempotency.js';
import { performOperation } from './operation.js';
import { checkParams } from './params.js';
import { checkRequest } from './permission.js';
import { conditionalPatch, patch } from './patch.js';
import { read } from './read.js';
import type { InteractionName } from './request.js';
import { search } from './search.js';
import { conditionalUpdate, update } from './update.js';
import { vread } from './vread.js';

const taking = (allowed: readonly string[], inner: Interaction): Interaction => (context) => {
  if (context.request.params.length > 0) checkParams(context, allowed);
  return inner(context);
};
const shaped = ['_summary', '_elements'];

const interactions: Readonly<Record<InteractionName, Interaction>> = {
  'read': taking(shaped, read),
  'vread': taking(shaped, vread),
  'create': idempotent(taking([], create)),
  'update': idempotent(taking([], update)),
  'delete': idempotent(taking([], remove)),
  'patch': idempotent(taking([], patch)),
  'conditional-update': idempotent(conditionalUpdate),
  'conditional-delete': idempotent(conditionalDelete),
  'conditional-patch': idempotent(conditionalPatch),
  'history-instance': history,
  'history-type': history,
  'history-system': history,
  'search-type': search,
  'search-system': search,
  'search-compartment': search,
  'capabilities': capabilities,
  'operation': performOperation,
  'batch-or-transaction': taking([], makeBundleInteraction((service, viewer, request) => perform(service, viewer, request))),
};

const performChecked: Interaction = async (context) => {
  checkRequest(context);
  const { service: { audit }, request } = context;
  const inner = interactions[request.interaction];
  const auditedUntil = audit?.bringUpToDate !== undefined && looksAtAudit(request) ? await audit.bringUpToDate() : undefined;
  return auditedUntil === undefined ? inner(context) : beforeAllIsFound({ ...context, auditedUntil }, inner);
};

/** What cannot be found yet is not said to be absent. */
const beforeAllIsFound = async (context: Context, inner: Interaction): ReturnType<Interaction> => {
  try {
    return await inner(context);
  } catch (error) {
    throw context.request.type === 'AuditEvent' && error instanceof FhirError && error.code === 'not-found' ? notYetThere() : error;
  }
};

/**
 * Returns the answer to the request on behalf of the viewer.
 * Throws a FhirError for whatever the caller can mend; any other error is a failure of the server.
 */
export const perform: Perform = async (service, viewer, request) => {
  // A dry run is no answer to keep: it leaves the key for the real request.
  const seen = viewer.kind === 'token' && service.standings !== undefined ? await service.standings.viewerOf(viewer) : viewer;
  const context = { service, viewer: seen, request: request.dryRun === true ? { ...request, idempotencyKey: undefined } : request };
  return audited(context, performChecked);
};
