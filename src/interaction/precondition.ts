/**
 * HTTP preconditions on versions: If-Match, If-None-Match, If-Modified-Since
 * (https://hl7.org/fhir/R4/http.html#concurrency, RFC 9110 section 13).
 */
import { FhirError } from '../core/error.js';
import type { Version } from '../store/resource.js';
import type { Conditions } from './request.js';

const tagForm = /^(?:W\/)?"([^"]*)"$/;

/** Returns the version ids an If-Match or If-None-Match lists, or '*'. A bare id is taken as a tag, as many clients send it. */
const parseTags = (header: string, text: string): readonly string[] | '*' => {
  if (text.trim() === '*') return '*';
  const tags = text.split(',').map((part) => {
    const tag = tagForm.exec(part.trim())?.[1] ?? (/^[A-Za-z0-9\-.]{1,64}$/.test(part.trim()) ? part.trim() : undefined);
    if (tag === undefined || tag === '') throw new FhirError('invalid-header', `${header} must be an ETag such as W/"3", a list of them, or *.`, { location: `http.${header}` });
    return tag;
  });
  return tags;
};

const holds = (tags: readonly string[] | '*', version: number): boolean => tags === '*' || tags.includes(String(version));

/**
 * Returns whether a read can be answered with 304. If-None-Match wins over If-Modified-Since; an unreadable
 * If-Modified-Since is ignored (RFC 9110 13.1.3).
 */
export const isUnchanged = (conditions: Conditions, version: Pick<Version, 'version' | 'updated'>): boolean => {
  if (conditions.ifNoneMatch !== undefined) return holds(parseTags('If-None-Match', conditions.ifNoneMatch), version.version);
  if (conditions.ifModifiedSince === undefined) return false;
  const since = Date.parse(conditions.ifModifiedSince);
  return !Number.isNaN(since) && Math.floor(version.updated / 1000) * 1000 <= since;
};

/**
 * Checks the preconditions of a write against the current version (undefined: none the caller can see, or deleted).
 * Throws `precondition-failed`, or `precondition-required` when the server demands If-Match on updates.
 */
export const checkPreconditions = (conditions: Conditions, current: Version | undefined, required: boolean): void => {
  const { ifMatch, ifNoneMatch } = conditions;
  const existing = current?.body === undefined ? undefined : current;
  if (ifMatch === undefined && required && existing !== undefined) {
    throw new FhirError('precondition-required', 'This server requires If-Match with the ETag of the version you read.', { location: 'http.If-Match' });
  }
  if (ifMatch !== undefined) checkMatch(ifMatch, existing);
  if (ifNoneMatch !== undefined && existing !== undefined && holds(parseTags('If-None-Match', ifNoneMatch), existing.version)) {
    throw new FhirError('precondition-failed', 'If-None-Match forbids the write: the resource exists at such a version.', { location: 'http.If-None-Match' });
  }
};

const checkMatch = (ifMatch: string, existing: Version | undefined): void => {
  const tags = parseTags('If-Match', ifMatch);
  if (existing !== undefined && holds(tags, existing.version)) return;
  const now = existing === undefined ? 'there is no current version' : `the current version is W/"${String(existing.version)}"`;
  throw new FhirError('precondition-failed', `If-Match does not hold: ${now}. Read the resource again and repeat.`, { location: 'http.If-Match' });
};
