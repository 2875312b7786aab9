/**
 * Reads a narrative as strict XHTML and holds it against the allow-list
 * (https://hl7.org/fhir/R4/narrative.html#rules). What XML and HTML read differently (CDATA, `<!-->`, processing
 * instructions) is refused, so that a browser cannot find what is not seen here.
 */
import { nearName } from '../../core/near-name.js';
import { elements, entities, isHarmlessStyle, isHarmlessUrl, mayHave, urls } from './allowed.js';

const namespace = 'http://www.w3.org/1999/xhtml';
const longest = 8 * 1024 * 1024;
const deepest = 200;

class NarrativeFault extends Error {}
const fail = (what: string): never => {
  throw new NarrativeFault(what);
};

/** Returns what is wrong with the narrative; undefined when it may be stored and shown. */
export const narrativeFault = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return 'must be a text with XHTML in it';
  if (value.length > longest) return 'is longer than 8 MiB';
  try {
    read(value.trim());
    return undefined;
  } catch (error) {
    if (error instanceof NarrativeFault) return error.message;
    throw error;
  }
};

/** Returns whether the narrative may be stored and shown. */
export const isWellFormedNarrative = (value: unknown): boolean => narrativeFault(value) === undefined;

interface Reader {
  readonly text: string;
  readonly open: string[];
  at: number;
  /** Whether anything to see has been met. */
  content: boolean;
}

const read = (text: string): void => {
  const reader: Reader = { text, open: [], at: 0, content: false };
  if (!/^<div[\s/>]/.test(text)) fail('must be one <div> element, with nothing before it');
  do {
    if (text.charCodeAt(reader.at) === 60) readMarkup(reader);
    else readText(reader);
    if (reader.at >= text.length && reader.open.length > 0) fail(`<${reader.open.at(-1) ?? ''}> is not closed`);
  } while (reader.open.length > 0);
  if (reader.at < text.length) fail('must be one <div> element, with nothing after it');
  if (!reader.content) fail('must have some content that is not white space (txt-2)');
};

const readText = (reader: Reader): void => {
  const end = reader.text.indexOf('<', reader.at);
  const stop = end < 0 ? reader.text.length : end;
  const part = reader.text.slice(reader.at, stop);
  checkCharacters(part);
  reader.content ||= /[^ \t\r\n\u00a0]/.test(part.replaceAll('&nbsp;', '').replaceAll('&#160;', ''));
  reader.at = stop;
};

const readMarkup = (reader: Reader): void => {
  const { text, at } = reader;
  if (text.startsWith('<!--', at)) readComment(reader);
  else if (text.startsWith('</', at)) readEnd(reader);
  else if (text.startsWith('<!', at) || text.startsWith('<?', at)) fail('must have no DOCTYPE, CDATA section or processing instruction');
  else readStart(reader);
};

const readComment = (reader: Reader): void => {
  const start = reader.at + 4;
  const end = reader.text.indexOf('--', start);
  if (end < 0 || reader.text[end + 2] !== '>' || reader.text[start] === '>' || reader.text.startsWith('->', start)) fail('has a malformed comment');
  reader.at = end + 3;
};

const endTag = /<\/([A-Za-z][\w:.-]*)[ \t\r\n]*>/y;

const readEnd = (reader: Reader): void => {
  endTag.lastIndex = reader.at;
  const name = endTag.exec(reader.text)?.[1] ?? fail('has a malformed end tag');
  const open = reader.open.pop() ?? '';
  if (name !== open) fail(`</${name}> does not close <${open}>`);
  reader.at = endTag.lastIndex;
};

const startTag = /<([A-Za-z][\w:.-]*)/y;
const attributeForm = /[ \t\r\n]+([A-Za-z_][\w:.-]*)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const tagEnd = /[ \t\r\n]*(\/?)>/y;

const readStart = (reader: Reader): void => {
  startTag.lastIndex = reader.at;
  const name = startTag.exec(reader.text)?.[1] ?? fail('is not well-formed: "<" in a text must be written "&lt;"');
  if (!elements.has(name)) fail(unknownElement(name));
  reader.at = startTag.lastIndex;
  const seen = readAttributes(reader, name);
  if (reader.open.length === 0 && !seen.has('xmlns')) fail(`<div> must have xmlns="${namespace}"`);
  if (name === 'img') reader.content = true;
  tagEnd.lastIndex = reader.at;
  const closed = tagEnd.exec(reader.text) ?? fail(`has a malformed <${name}> tag: each attribute needs a value in quotes`);
  reader.at = tagEnd.lastIndex;
  if (closed[1] === '') reader.open.push(name);
  if (reader.open.length > deepest) fail(`nests more than ${String(deepest)} elements`);
};

const readAttributes = (reader: Reader, element: string): ReadonlySet<string> => {
  const seen = new Set<string>();
  for (;;) {
    attributeForm.lastIndex = reader.at;
    const found = attributeForm.exec(reader.text);
    if (found === null) return seen;
    const [, name = '', double, single] = found;
    if (seen.has(name)) fail(`<${element}> has the attribute ${name} twice`);
    seen.add(name);
    checkAttribute(element, name, double ?? single ?? '');
    reader.at = attributeForm.lastIndex;
  }
};

const checkAttribute = (element: string, name: string, raw: string): void => {
  if (!mayHave(element, name)) fail(`<${element}> must not have the attribute ${name} (txt-1)`);
  checkCharacters(raw);
  if (name === 'xmlns' && raw !== namespace) fail(`<div> must have xmlns="${namespace}"`);
  if (urls.has(name) && !isHarmlessUrl(name, resolved(raw))) fail(`<${element}> must not have such a URL in ${name} (txt-1)`);
  if (name === 'style' && !isHarmlessStyle(resolved(raw))) fail(`<${element}> must not have a style that fetches or runs something (txt-1)`);
};

const unknownElement = (name: string): string => {
  const near = nearName(name, elements);
  return `must not have <${name}>: only basic formatting is allowed${near === undefined ? '' : `, did you mean <${near}>?`} (txt-1)`;
};

const referenceForm = /&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]*));/g;
const highest = 0x10ffff;

const checkCharacters = (text: string): void => {
  if (!text.includes('&')) return;
  const bare = text.replace(referenceForm, (_all, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined && !entities.has(name)) fail(`has the unknown entity &${name};`);
    const code = decimal === undefined ? parseInt(hex ?? '20', 16) : Number(decimal);
    return code === 0 || code > highest ? fail('has a reference to no character') : '';
  });
  if (bare.includes('&')) fail('is not well-formed: "&" must be written "&amp;"');
};

const few: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const resolved = (text: string): string =>
  text.replace(referenceForm, (_all, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return few[name] ?? ' ';
    return String.fromCodePoint(decimal === undefined ? parseInt(hex ?? '20', 16) : Number(decimal));
  });
