/** What clients read before anything else: https://hl7.org/fhir/smart-app-launch/conformance.html and OpenID Connect Discovery 1.0. */
import { mountPath, type AuthorizationOptions } from './option.js';
import { launchScopes } from './client/scope.js';

/** SMART capabilities this server has, in the words of the specification. */
export const smartCapabilities = [
  'launch-ehr', 'launch-standalone', 'authorize-post', 'client-public', 'client-confidential-symmetric', 'client-confidential-asymmetric', 'sso-openid-connect',
  'context-banner', 'context-ehr-patient', 'context-ehr-encounter', 'context-standalone-patient', 'context-standalone-encounter',
  'permission-offline', 'permission-online', 'permission-patient', 'permission-user', 'permission-v1', 'permission-v2',
];

const clinicalScopes = ['patient/*.rs', 'patient/*.cruds', 'user/*.rs', 'user/*.cruds', 'system/*.rs', 'system/*.cruds', 'patient/*.read', 'patient/*.write', 'user/*.read', 'user/*.write'];

/** Returns the endpoints of the authorization server. */
export const endpointsOf = ({ origin }: Pick<AuthorizationOptions, 'origin'>) => ({
  authorization_endpoint: `${origin}${mountPath}/auth`,
  token_endpoint: `${origin}${mountPath}/token`,
  jwks_uri: `${origin}${mountPath}/jwks`,
  introspection_endpoint: `${origin}${mountPath}/token/introspection`,
  revocation_endpoint: `${origin}${mountPath}/token/revocation`,
  userinfo_endpoint: `${origin}${mountPath}/me`,
  pushed_authorization_request_endpoint: `${origin}${mountPath}/request`,
  end_session_endpoint: `${origin}${mountPath}/session/end`,
});

/** Returns the content of `.well-known/smart-configuration`. */
export const smartConfiguration = (options: AuthorizationOptions): Record<string, unknown> => {
  return {
    issuer: options.origin,
    ...endpointsOf(options),
    ...(options.registration === 'off' ? {} : { registration_endpoint: `${options.origin}${mountPath}/register` }),
    management_endpoint: `${options.origin}${mountPath}/account`,
    user_access_brand_bundle: `${options.fhirBase}/.well-known/user-access-brands.json`,
    user_access_brand_identifier: { system: 'urn:ietf:rfc:3986', value: options.origin },
    grant_types_supported: ['authorization_code', 'client_credentials', 'refresh_token'],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    dpop_signing_alg_values_supported: ['ES256', 'ES384', 'RS256'],
    authorization_response_iss_parameter_supported: true,
    scopes_supported: [...launchScopes, ...clinicalScopes],
    capabilities: smartCapabilities,
  };
};

/** Returns the content of `.well-known/openid-configuration`. */
export const openidConfiguration = (options: AuthorizationOptions): Record<string, unknown> => ({
  ...smartConfiguration(options),
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256', 'ES256'],
  claims_supported: ['sub', 'fhirUser', 'name', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce'],
});

/** When the content of the brands Bundle was last changed: to be set anew with it, since apps compare it with their copy. */
const brandsChanged = '2026-11-25T00:00:00Z';

/** Returns the Bundle by which people find their clinic in an app (https://hl7.org/fhir/smart-app-launch/brands.html). */
export const brandsBundle = ({ origin, fhirBase }: AuthorizationOptions): Record<string, unknown> => {
  const brand = {
    resourceType: 'Organization', id: 'brand', active: true, name: 'Concierge FHIR',
    identifier: [{ system: 'urn:ietf:rfc:3986', value: origin }],
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/organization-portal', extension: [{ url: 'portalName', valueString: 'Concierge FHIR' }, { url: 'portalUrl', valueUrl: `${origin}${mountPath}/account` }, { url: 'portalEndpoint', valueReference: { reference: 'Endpoint/fhir' } }] }],
    telecom: [{ system: 'url', value: origin }], endpoint: [{ reference: 'Endpoint/fhir' }],
  };
  const endpoint = {
    resourceType: 'Endpoint', id: 'fhir', status: 'active', name: 'FHIR R4', managingOrganization: { reference: 'Organization/brand' }, address: fhirBase,
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version', valueCode: '4.0.1' }],
    connectionType: { system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type', code: 'hl7-fhir-rest' },
    payloadType: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/endpoint-payload-type', code: 'none' }] }], contact: [{ system: 'url', value: origin }],
  };
  return { resourceType: 'Bundle', meta: { lastUpdated: brandsChanged }, type: 'collection', timestamp: brandsChanged, entry: [brand, endpoint].map((resource) => ({ fullUrl: `${fhirBase}/${resource.resourceType}/${resource.id}`, resource })) };
};

/** Returns the security element of the CapabilityStatement (https://hl7.org/fhir/smart-app-launch/conformance.html#using-cs). */
export const securityStatement = (options: Pick<AuthorizationOptions, 'origin'>): Record<string, unknown> => {
  const { authorization_endpoint, token_endpoint, revocation_endpoint, introspection_endpoint } = endpointsOf(options);
  const uris: readonly (readonly [string, string])[] = [['authorize', authorization_endpoint], ['token', token_endpoint], ['revoke', revocation_endpoint], ['introspect', introspection_endpoint], ['manage', `${options.origin}${mountPath}/account`]];
  return {
    cors: true,
    service: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }], text: 'OAuth2 using SMART-on-FHIR profile (see http://docs.smarthealthit.org)' }],
    extension: [
      { url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris', extension: uris.map(([url, valueUri]) => ({ url, valueUri })) },
      ...smartCapabilities.map((valueCode) => ({ url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/capabilities', valueCode })),
    ],
  };
};
