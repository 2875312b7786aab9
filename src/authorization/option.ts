/** What the authorization server is set to; names are those of the settings table. */
export interface AuthorizationOptions {
  /** Where clients reach the server, without path: issuer of tokens. */
  readonly origin: string;
  /** The FHIR base: `aud` of every token. */
  readonly fhirBase: string;
  /** Seconds an access token is good for. */
  readonly accessTokenSeconds: number;
  /** Seconds the access token of a backend service is good for. */
  readonly backendTokenSeconds: number;
  /** Days a refresh token is good for; each use gives a new one. */
  readonly refreshDays: number;
  /** Minutes without use after which a person is signed out. */
  readonly idleMinutes: number;
  /** Hours after sign-in when a person is signed out in any case. */
  readonly sessionHours: number;
  readonly registration: 'off' | 'approved' | 'open';
  /** What a client sends to register itself when registration is `approved`. */
  readonly registrationToken?: string | undefined;
  /** Whether X-Forwarded-For is set by a proxy of ours. */
  readonly trustProxy: boolean;
  /** Base-2 logarithm of scrypt's N. */
  readonly passwordCost: number;
}

export const authorizationDefaults = {
  accessTokenSeconds: 3600, backendTokenSeconds: 300, refreshDays: 90, idleMinutes: 15, sessionHours: 12,
  registration: 'off', trustProxy: false, passwordCost: 17,
} as const satisfies Omit<AuthorizationOptions, 'origin' | 'fhirBase'>;

/** Where the authorization server stands below the origin. */
export const mountPath = '/oauth';
