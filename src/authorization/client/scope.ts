/** Which of the scopes a client asks for it can have (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html). */
import { covers, parseScope, type Scope } from '../../access/scope.js';
import { FhirError } from '../../core/error.js';
import { compileCriterion } from '../../search/criterion.js';
import type { Registry } from '../../search/registry.js';
import type { ClientMetadata } from './client.js';

/** Scopes that are about the sign-in and the launch, not about data. */
export const launchScopes = ['openid', 'fhirUser', 'profile', 'launch', 'launch/patient', 'launch/encounter', 'offline_access', 'online_access'] as const;

const isLaunchScope = (text: string): boolean => (launchScopes as readonly string[]).includes(text);

export interface AskedScopes {
  /** Launch and identity scopes the client is registered for. */
  readonly launch: readonly string[];
  /** Clinical scopes the client is registered for. */
  readonly clinical: readonly Scope[];
  /** Scopes that are none, or not the client's: they are not granted. */
  readonly dropped: readonly string[];
}

/** A clinical scope that cannot be read: dropping it in silence would hide a mistake of the app. */
export class ScopeFault extends Error {
  constructor(readonly scope: string, message: string) {
    super(message);
  }
}

export interface ScopeRules {
  readonly client: Pick<ClientMetadata, 'smart_type' | 'smart_scope'>;
  readonly registry: Registry;
  readonly baseUrl: string;
}

/** Returns the scopes sorted out; throws a ScopeFault for a narrowed scope that this server cannot hold. */
export const sortScopes = (asked: string, { client, registry, baseUrl }: ScopeRules): AskedScopes => {
  const registered = client.smart_scope.split(' ');
  const wide = registered.flatMap((text) => parseScope(text) ?? []);
  const launch: string[] = [];
  const clinical: Scope[] = [];
  const dropped: string[] = [];
  for (const text of new Set(asked.split(' ').filter((each) => each !== ''))) {
    if (isLaunchScope(text)) {
      (registered.includes(text) && client.smart_type !== 'backend' ? launch : dropped).push(text);
      continue;
    }
    const scope = parseScope(text);
    if (scope === undefined && /^(patient|user|system)\/.*\?/.test(text)) throw new ScopeFault(text, 'a narrowed scope is Type.cruds?parameter=value with search parameters of the type, without modifiers and chains');
    if (scope !== undefined) checkParams(scope, registry, baseUrl);
    const own = scope !== undefined && (scope.context === 'system') === (client.smart_type === 'backend') && wide.some((each) => covers(each, scope));
    if (own) clinical.push(scope);
    else dropped.push(text);
  }
  return { launch, clinical, dropped };
};

const checkParams = ({ text, type, params }: Scope, registry: Registry, baseUrl: string): void => {
  for (const param of params) {
    try {
      compileCriterion(param, { registry, types: [type], baseUrl });
    } catch (error) {
      if (error instanceof FhirError) throw new ScopeFault(text, error.message);
      throw error;
    }
  }
};
