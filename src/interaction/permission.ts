/** What each request needs of a token, read from the route table (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html). */
import { checkPermitted, type Demand } from '../access/permit.js';
import type { Access } from '../access/restrict.js';
import type { Permission } from '../access/scope.js';
import { FhirError } from '../core/error.js';
import type { InteractionName } from './request.js';
import { routeTable } from './route.js';
import type { Context, Operation, Service } from './service.js';

const byInteraction = new Map(routeTable.map(({ interaction, permissions }): [InteractionName, readonly Permission[]] => [interaction, permissions]));
const none: readonly Permission[] = [];

/** Returns the permissions a token needs for the request itself. */
export const permissionsOf = ({ request, service }: Context): readonly Permission[] => {
  const own = byInteraction.get(request.interaction) ?? none;
  if (request.interaction === 'create' && request.conditions.ifNoneExist !== undefined) return [...own, 's'];
  return request.interaction === 'operation' ? operationPermissions(service.operations.get(request.operation ?? '')) : own;
};

const all: readonly Permission[] = ['c', 'r', 'u', 'd', 's'];
const operationPermissions = (operation: Operation | undefined): readonly Permission[] =>
  operation === undefined ? none : operation.permissions ?? (operation.affectsState ? all : ['r', 's']);

const demandOf = (context: Context): Demand => {
  const { interaction, type } = context.request;
  const everyType = interaction === 'operation' && type === undefined ? '*' : type;
  return { type: everyType, permissions: permissionsOf(context), unbound: interaction === 'history-type' || interaction === 'history-system' };
};

/** Throws `unauthorized` or `forbidden` for a request that its viewer may not make, whatever is stored. */
export const checkRequest = (context: Context): void => {
  const { viewer, request } = context;
  checkNotAudit(context);
  if (viewer.kind === 'open' || viewer.kind === 'system' || request.interaction === 'capabilities') return;
  checkPermitted(viewer, demandOf(context), rightsScope(context));
};

/** Returns whether resources of the type are made by the server alone. */
export const isServerWritten = ({ audit }: Pick<Service, 'audit'>, type: string): boolean => audit !== undefined && type === 'AuditEvent';

/** Records of the audit are made by the server alone, and nobody changes them. */
const checkNotAudit = ({ service, request: { interaction, type } }: Context): void => {
  if (type === undefined || !isServerWritten(service, type) || !writing.has(interaction)) return;
  throw new FhirError('method-not-allowed', 'Records of the audit are made by this server alone; they can be read and searched.', { allow: ['GET', 'HEAD'] });
};

const writing: ReadonlySet<InteractionName> = new Set(['create', 'update', 'patch', 'delete', 'conditional-update', 'conditional-patch', 'conditional-delete']);

const rightsScope = ({ service }: Context): Pick<Access, 'registry' | 'baseUrl'> => ({ registry: service.registry, baseUrl: service.options.baseUrl });

/** Member by member: every look at the store makes one. */
const accessOf = ({ service: { registry, options: { baseUrl } }, viewer }: Context, permissions: readonly Permission[]): Access => ({ registry, baseUrl, viewer, permissions });

/** Permissions for resources that a request looks at beside those it is about: targets of references, includes. */
const looking: readonly Permission[] = ['r'];
const finding: readonly Permission[] = ['s'];

/** Returns the access of showing a resource, whatever the request is about. */
export const readAccess = (context: Context): Access => accessOf(context, looking);

const updating: readonly Permission[] = ['u'];

/** Returns the access of changing a resource beside those the request is about. */
export const updateAccess = (context: Context): Access => accessOf(context, updating);

const changingOf = (context: Context): readonly Permission[] => permissionsOf(context).filter((permission) => permission === 'u' || permission === 'd');

/** Returns the access with which one resource is looked up: what will be changed needs the right to change it. */
export const lookAccess = (context: Context): Access => {
  const own = changingOf(context);
  return accessOf(context, own.length === 0 ? looking : own);
};

/** Returns the access with which a search is run: what a condition matches must also be changeable. */
export const findAccess = (context: Context): Access => {
  const own = changingOf(context);
  return accessOf(context, own.length === 0 ? finding : [...finding, ...own]);
};

/** Returns the access that a resource about to be stored must be within. */
export const storeAccess = (context: Context, permission: 'c' | 'u'): Access => accessOf(context, [permission]);
