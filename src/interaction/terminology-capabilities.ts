/** What the server knows of terminology, https://hl7.org/fhir/R4/terminologycapabilities.html */
import type { KnownSystem } from '../terminology/port.js';
import type { Service } from './service.js';

export interface Known {
  /** When the statement last changed its meaning. */
  readonly date: string;
  readonly systems: readonly KnownSystem[];
}

/** Returns the TerminologyCapabilities; nothing in it that does not work. */
export const terminologyCapabilities = ({ options, operations }: Service, { date, systems }: Known): Record<string, unknown> => ({
  resourceType: 'TerminologyCapabilities',
  id: 'concierge-fhir-terminology',
  url: `${options.baseUrl}/metadata?mode=terminology`,
  version: options.version,
  name: 'ConciergeFhirTerminology',
  title: 'Concierge FHIR terminology',
  status: 'active',
  date,
  publisher: 'Concierge FHIR',
  kind: 'instance',
  software: { name: 'Concierge FHIR', version: options.version },
  implementation: { description: 'Concierge FHIR server', url: options.baseUrl },
  lockedDate: false,
  codeSystem: systems.map(({ url, versions }) => ({ uri: url, ...(versions.length === 0 ? {} : { version: versions.map((code) => ({ code })) }) })),
  ...(operations.has('expand') ? {
    expansion: {
      hierarchical: false, paging: true, incomplete: false,
      parameter: (operations.get('expand')?.parameters ?? []).map((name) => ({ name })),
      textFilter: 'Each word of the filter must begin a word of a display or designation; a single word may also begin the code. Case and accents do not matter. Of more than 20,000 members only the display is looked at.',
    },
  } : {}),
  ...(operations.has('validate-code') ? { validateCode: { translations: true } } : {}),
  ...(operations.has('translate') ? { translation: { needsMap: false } } : {}),
});
