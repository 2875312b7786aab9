/** The request target of RFC 9112 section 3.2: path segments and raw query. */
import { FhirError } from '../core/error.js';

export interface Target {
  /** Path as sent, for comparing with fixed paths. */
  readonly path: string;
  /** Text after the first `?`, undecoded. */
  readonly query: string;
}

const absolute = /^https?:\/\/[^/?#]*/i;

/** Returns path and query of a request target; a `#` ends it, the host of an absolute target does not count. */
export const parseTarget = (url: string): Target => {
  let rest = url.charCodeAt(0) === 47 ? url : url.replace(absolute, '');
  const hash = rest.indexOf('#');
  if (hash >= 0) rest = rest.slice(0, hash);
  const mark = rest.indexOf('?');
  return mark < 0 ? { path: rest, query: '' } : { path: rest.slice(0, mark), query: rest.slice(mark + 1) };
};

/** Returns the decoded segments of a path; one slash at the end does not count. Throws `malformed-request`. */
export const segmentsOf = (path: string): readonly string[] => {
  if (path === '' || path === '/') return [];
  const whole = path.charCodeAt(path.length - 1) === 47 ? path.slice(1, -1) : path.slice(1);
  const segments = whole.split('/');
  return whole.includes('%') ? segments.map(decodeSegment) : segments;
};

const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new FhirError('malformed-request', 'The path of the URL has a percent sign that begins no UTF-8 encoded character; write %25 for the sign itself.', { location: 'http.url' });
  }
};
