/** Media types and weighted lists of HTTP headers (RFC 9110 sections 8.3 and 12.4). */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  /** Names in lower case, quotes taken off values. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface Weighted extends MediaType {
  /** 0 to 1. */
  readonly quality: number;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const unquote = (text: string): string => (text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text);

/** Returns the parts of `text` between separators that stand outside of quotes, trimmed. */
export const splitOutsideQuotes = (text: string, separator: string): string[] => {
  if (!text.includes('"')) return text.split(separator).map((part) => part.trim());
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\' && quoted) at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
};

/** Returns the media type a header value names, or undefined when it names none. */
export const parseMediaType = (text: string): MediaType | undefined => {
  const [first = '', ...rest] = splitOutsideQuotes(text, ';');
  const [type = '', subtype = '', more] = first.split('/');
  if (!token.test(type) || !token.test(subtype) || more !== undefined) return undefined;
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (part !== '') parameters.set((equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase(), equals < 0 ? '' : unquote(part.slice(equals + 1).trim()));
  }
  return { essence: `${type}/${subtype}`.toLowerCase(), parameters };
};

const qualityForm = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** Returns the weight a `q` text says; 1 for none or one that cannot be read. */
export const parseQuality = (text: string | undefined): number => (text !== undefined && qualityForm.test(text) ? Number(text) : 1);

/** Returns the media ranges of an Accept header that can be read. */
export const parseAccept = (text: string): Weighted[] =>
  splitOutsideQuotes(text, ',').flatMap((part) => {
    const range = parseMediaType(part === '*' ? '*/*' : part);
    return range === undefined ? [] : [{ ...range, quality: parseQuality(range.parameters.get('q')) }];
  });
