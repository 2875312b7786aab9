/** Header lines that are the same for every answer, prepared once; what they protect from is in SECURITY.md. */
import type { HttpOptions } from './options.js';

/** Header names and values in turn, as `writeHead` takes them. */
export type HeaderList = readonly string[];

/**
 * What helmet would set for an API that serves no page. Health data must not lie in caches of shared machines, so nothing
 * is stored; conditional reads by a client's own memory of an ETag still work.
 */
const protection: HeaderList = [
  'Cache-Control', 'no-store',
  'X-Content-Type-Options', 'nosniff',
  'Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cross-Origin-Resource-Policy', 'same-origin',
  'Referrer-Policy', 'no-referrer',
];
const https: HeaderList = ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'];

/** Headers a web app may read. */
export const exposed = 'ETag, Location, Content-Location, Last-Modified, X-Request-Id, X-Correlation-Id, X-Progress, Retry-After, Idempotency-Replayed, X-Dry-Run, Link';

export interface FixedHeads {
  /** For everybody. */
  readonly base: HeaderList;
  /** Added when the answer is for the web app of this origin. */
  readonly cors: (origin: string, open: boolean) => HeaderList;
}

const none: HeaderList = [];
const anyOrigin: HeaderList = ['Access-Control-Allow-Origin', '*', 'Access-Control-Expose-Headers', exposed];

/**
 * Returns the prepared headers. CORS names an origin only when it is listed or an app's; credentials are never allowed, tokens travel
 * in the Authorization header. `open` answers (what the server can do) are for every origin.
 */
export const makeHeads = ({ corsOrigins }: Pick<HttpOptions, 'corsOrigins'>, baseUrl: string, isAppOrigin?: (origin: string) => boolean): FixedHeads => {
  const any = corsOrigins.includes('*');
  const named = (origin: string): HeaderList => ['Access-Control-Allow-Origin', origin, 'Access-Control-Expose-Headers', exposed];
  const listed = new Map(corsOrigins.map((origin) => [origin, named(origin)]));
  const vary = (listed.size > 0 || isAppOrigin !== undefined) && !any ? 'Accept, Accept-Encoding, Origin' : 'Accept, Accept-Encoding';
  return {
    base: [...protection, ...(baseUrl.startsWith('https:') ? https : none), 'Vary', vary],
    cors: (origin, open) => (any || open ? anyOrigin : listed.get(origin) ?? (isAppOrigin?.(origin) === true ? named(origin) : none)),
  };
};
