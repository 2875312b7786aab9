/** Contained resources as the text they are in (https://hl7.org/fhir/R4/references.html#contained): cut out, never written anew. */
import { itemSpans, memberSpans } from '../core/json/span.js';
import { mayHave } from '../core/json/spelling.js';

export interface ContainedText {
  readonly type: string;
  /** Empty when it has none. */
  readonly id: string;
  readonly text: string;
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

const membersOf = (text: string): { readonly type: string; readonly id: string } => {
  const found = new Map(memberSpans(text).filter(({ name }) => name === 'resourceType' || name === 'id').map(({ name, valueStart, end }) => [name, textIn(JSON.parse(text.slice(valueStart, end)))]));
  return { type: found.get('resourceType') ?? '', id: found.get('id') ?? '' };
};

/** Returns the contained resources of the compact text of a resource, in their order. */
export const containedTexts = (body: string): ContainedText[] => {
  const contained = mayHave(body, '"contained":') ? memberSpans(body).find(({ name }) => name === 'contained') : undefined;
  if (contained === undefined || body[contained.valueStart] !== '[') return [];
  return itemSpans(body, contained.valueStart).map(({ start, end }) => {
    const text = body.slice(start, end);
    return { ...membersOf(text), text };
  });
};

/** Returns the text of one contained resource; undefined when it is not there. */
export const containedText = (body: string, { type, id }: Pick<ContainedText, 'type' | 'id'>): string | undefined =>
  containedTexts(body).find((one) => one.type === type && one.id === id)?.text;
