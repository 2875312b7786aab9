/** Puts id, version and time of change into the text of a resource (https://hl7.org/fhir/R4/resource.html#Meta). */
import { memberSpans, type MemberSpan } from './span.js';

export interface Stamp {
  readonly id: string;
  readonly versionId: string;
  /** An instant of 24 characters: `2026-01-31T10:00:00.000Z`. */
  readonly lastUpdated: string;
}

export interface Stamped {
  readonly text: string;
  /** Where the 24 characters of lastUpdated start. */
  readonly stampAt: number;
}

const ownMembers = new Set(['versionId', 'lastUpdated', '_versionId', '_lastUpdated']);

/**
 * Returns the compact text of a resource with `id`, `meta.versionId` and `meta.lastUpdated` set, in place where they are
 * and behind resourceType where they are not. Everything else stays byte for byte.
 */
export const stampResource = (text: string, stamp: Stamp): Stamped => {
  const members = memberSpans(text);
  const idText = `"id":"${stamp.id}"`;
  const metaHead = `"meta":{"versionId":"${stamp.versionId}","lastUpdated":"`;
  const metaRest = `${stamp.lastUpdated}"${restOfMeta(text, members)}}`;
  const parts: string[] = [];
  let length = 1;
  let stampAt = 0;
  const add = (part: string): void => {
    length += part.length + (parts.length === 0 ? 0 : 1);
    parts.push(part);
  };
  const addMeta = (): void => {
    stampAt = length + (parts.length === 0 ? 0 : 1) + metaHead.length;
    add(metaHead + metaRest);
  };
  const has = (name: string): boolean => members.some((member) => member.name === name);
  const hasId = has('id');
  const hasMeta = has('meta');
  for (const { name, start, end } of members) {
    if (name === 'id') add(idText);
    else if (name === 'meta') addMeta();
    else add(text.slice(start, end));
    if (name === 'resourceType' && !hasId) add(idText);
    if (!hasMeta && name === (hasId ? 'id' : 'resourceType')) addMeta();
  }
  return { text: `{${parts.join(',')}}`, stampAt };
};

const restOfMeta = (text: string, members: readonly MemberSpan[]): string => {
  const meta = members.find(({ name }) => name === 'meta');
  if (meta === undefined || text[meta.valueStart] !== '{') return '';
  return memberSpans(text, meta.valueStart).filter(({ name }) => !ownMembers.has(name)).map(({ start, end }) => `,${text.slice(start, end)}`).join('');
};
