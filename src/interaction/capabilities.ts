/** capabilities, https://hl7.org/fhir/R4/http.html#capabilities: generated from the route table and the registry. */
import { FhirError } from '../core/error.js';
import { resourceTypes } from '../fhir/definitions.js';
import type { Context, Interaction } from './context.js';
import { terminologyOf } from './gate.js';
import { checkParams, singleParam } from './params.js';
import { isServerWritten } from './permission.js';
import { routeTable } from './route.js';
import type { Operation, Service } from './service.js';
import { compartmentUrls, includesByType, searchParamsOf, serverSearchParams } from './search-capability.js';
import { shapeResource } from './shape.js';
import { terminologyCapabilities } from './terminology-capabilities.js';

/** When the statement last changed its meaning. */
const published = '2026-11-26';
/** Media types of the patches that are done. */
export const patchFormats: readonly string[] = ['application/json-patch+json', 'application/fhir+json', 'application/fhir+xml'];
const kept = new WeakMap<Service, { readonly revision: number; readonly text: string }>();

/** Returns 200 with the CapabilityStatement; throws `invalid-parameter` for a mode that is not served. */
export const capabilities: Interaction = async (context) => {
  checkParams(context, ['mode', '_summary', '_elements']);
  const mode = singleParam(context, 'mode') ?? 'full';
  if (mode === 'terminology') return { status: 200, body: shapeResource(context.request.params, await terminologyText(context)) };
  if (mode !== 'full' && mode !== 'normative') throw new FhirError('invalid-parameter', 'mode must be full, normative or terminology.', { location: 'http.mode' });
  return { status: 200, body: shapeResource(context.request.params, statementText(context)) };
};

const terminologyText = async (context: Context): Promise<string> => {
  const terminology = terminologyOf(context);
  if (terminology === undefined) throw new FhirError('not-implemented', 'mode=terminology is not served; ask for mode=full.', { location: 'http.mode' });
  return JSON.stringify(terminologyCapabilities(context.service, { date: published, systems: await terminology.systems() }));
};

const statementText = ({ service }: Context): string => {
  const known = kept.get(service);
  const { revision } = service.registry;
  if (known?.revision === revision) return known.text;
  const text = JSON.stringify(capabilityStatement(service));
  kept.set(service, { revision, text });
  return text;
};

/** Returns the CapabilityStatement of this server; nothing in it that does not work. */
export const capabilityStatement = (service: Service): Record<string, unknown> => ({
  resourceType: 'CapabilityStatement',
  id: 'concierge-fhir',
  url: `${service.options.baseUrl}/metadata`,
  version: service.options.version,
  name: 'ConciergeFhir',
  title: 'Concierge FHIR',
  status: 'active',
  date: published,
  publisher: 'Concierge FHIR',
  kind: 'instance',
  software: { name: 'Concierge FHIR', version: service.options.version },
  implementation: { description: 'Concierge FHIR server', url: service.options.baseUrl },
  fhirVersion: '4.0.1',
  format: ['application/fhir+json', 'application/fhir+xml', 'json', 'xml'],
  patchFormat: patchFormats,
  rest: [{
    mode: 'server',
    documentation: 'Every resource type of FHIR R4 is served alike.',
    ...(service.security === undefined ? {} : { security: service.security() }),
    resource: resourcesOf(service),
    interaction: systemCodes().map((code) => ({ code })),
    searchParam: serverSearchParams(service.registry),
    ...operationsOf(service, ({ levels }) => levels.includes('system')),
    compartment: compartmentUrls(),
  }],
});

const resourcesOf = (service: Service): Record<string, unknown>[] => {
  const includes = includesByType(service.registry);
  return resourceTypes.map((type) => ({ ...resourceCapability(service, type), ...includes.get(type), searchParam: searchParamsOf(service.registry, type), ...operationsOf(service, (operation) => isFor(operation, type), type) }));
};

const codesOf = (shapes: readonly string[]): string[] => [...new Set(routeTable.filter(({ shape }) => shapes.includes(shape)).map(({ code }) => code).filter((code) => code !== undefined))];
const typeCodes = (): string[] => codesOf(['type', 'type-history', 'instance', 'instance-history', 'version']);
const systemCodes = (): string[] => ['transaction', 'batch', ...codesOf(['system', 'system-history']).filter((code) => code !== 'transaction')];

const writing = new Set(['create', 'update', 'patch', 'delete']);

const resourceCapability = (service: Service, type: string): Record<string, unknown> => {
  const { options } = service;
  const readOnly = isServerWritten(service, type);
  return {
    type,
    interaction: typeCodes().filter((code) => !readOnly || !writing.has(code)).map((code) => ({ code })),
    versioning: options.requireIfMatch ? 'versioned-update' : 'versioned',
    readHistory: true,
    updateCreate: options.clientIds && !readOnly,
    conditionalCreate: !readOnly,
    conditionalRead: 'full-support',
    conditionalUpdate: !readOnly,
    conditionalDelete: readOnly ? 'not-supported' : options.conditionalDelete,
    referencePolicy: options.referentialIntegrity === 'enforce' ? ['literal', 'logical', 'enforced'] : ['literal', 'logical'],
  };
};

const operationsOf = (service: Service, wanted: (operation: Operation) => boolean, type = ''): Record<string, unknown> => {
  const operations = [...service.operations.values()].filter(wanted);
  return operations.length === 0 ? {} : { operation: operations.map(({ name, definition, definitions }) => ({ name, definition: definitions?.[type] ?? definition })) };
};

const isFor = ({ levels, types }: Operation, type: string): boolean =>
  (levels.includes('type') || levels.includes('instance')) && (types === undefined || types.includes(type));
