/** The narrative in an XML document (https://hl7.org/fhir/R4/narrative.html): carried as it is written, never interpreted. */
import type { SaxesTagNS } from 'saxes';
import { escapeAttribute, escapeText } from './escape.js';
import { xhtmlNamespace } from './shape.js';

/** Levels of elements in a narrative, as validation allows them; looking up a namespace costs as much as there are. */
export const narrativeDepth = 200;

export interface Narrative {
  /** Returns whether the tag is within the depth a narrative may have. */
  readonly open: (tag: SaxesTagNS) => boolean;
  readonly text: (content: string) => void;
  /** Returns the whole div when this tag closes it. `position`: behind the tag. */
  readonly close: (tag: SaxesTagNS, text: string, position: number) => string | undefined;
}

/**
 * Returns the narrative that begins with this div at `start`. One that stands for itself is cut out of the text as
 * it is; one that needs what its surroundings declare (a prefix, a namespace) is written anew without prefixes.
 */
export const beginNarrative = (div: SaxesTagNS, start: number): Narrative => {
  let depth = 1;
  const isWhole = div.prefix === '' && div.attributes['xmlns'] !== undefined;
  let rewritten = isWhole ? '' : startTag(div, true);
  return {
    open: (tag) => {
      depth += 1;
      if (!isWhole) rewritten += startTag(tag, false);
      return depth <= narrativeDepth;
    },
    text: (content) => { if (!isWhole) rewritten += escapeText(content); },
    close: (tag, text, position) => {
      depth -= 1;
      if (!isWhole) rewritten += `</${tag.local}>`;
      if (depth > 0) return undefined;
      return isWhole ? withLineEnds(text.slice(start, position)) : rewritten;
    },
  };
};

/** XML reads every line end as one line feed (https://www.w3.org/TR/xml/#sec-line-ends); a carriage return that is meant is written as a reference. */
const withLineEnds = (text: string): string => {
  const read = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  return read.includes('&#') ? read.replace(/&#(?:13|x0*[dD]);/g, '\r') : read;
};

const startTag = ({ local, attributes }: SaxesTagNS, isRoot: boolean): string => {
  const own = Object.entries(attributes).filter(([name, { prefix }]) => name !== 'xmlns' && prefix !== 'xmlns');
  const text = own.map(([name, { value }]) => ` ${name}="${escapeAttribute(value) ?? ''}"`).join('');
  return `<${local}${isRoot ? ` xmlns="${xhtmlNamespace}"` : ''}${text}>`;
};
