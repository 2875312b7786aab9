/**
 * FHIR JSON as FHIR XML (https://hl7.org/fhir/R4/xml.html), from the exact text: a number is written with the digits it
 * has, elements in the order of their definition, the narrative as it is.
 */
import { makeBreather } from '../../core/breathe.js';
import { FhirError } from '../../core/error.js';
import { isMembers, parseTree, type JsonMembers, type JsonNode } from '../../core/json/tree.js';
import { escapeAttribute, narrativeXml } from './escape.js';
import { fhirNamespace, shapeOf, type Shape, type XmlElement } from './shape.js';

export interface XmlOptions {
  /** Whether elements stand on lines of their own. */
  readonly pretty?: boolean | undefined;
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
/** Bundles of at least this many characters are written with pauses. */
const long = 200_000;

/** Returns the XML of a resource in compact JSON text. Throws `not-acceptable` for what XML cannot carry. */
export const writeXml = (json: string, { pretty = false }: XmlOptions = {}): string => {
  const writer: Writer = { parts: [declaration], pretty, depth: 0 };
  writeResource(writer, parseTree(json), true);
  return writer.parts.join('');
};

/** Returns the same, without holding the thread for all of a large Bundle. */
export const writeXmlGently = async (json: string, { pretty = false }: XmlOptions = {}): Promise<string> => {
  if (json.length < long) return writeXml(json, { pretty });
  const writer: Writer = { parts: [declaration], pretty, depth: 0, deferred: [] };
  writeResource(writer, parseTree(json), true);
  const breathe = makeBreather();
  for (const { at, write } of writer.deferred ?? []) {
    const own: Writer = { parts: [], pretty, depth: 1 };
    write(own);
    writer.parts[at] = own.parts.join('');
    await breathe();
  }
  return writer.parts.join('');
};

interface Deferred {
  /** Place among the parts. */
  readonly at: number;
  readonly write: (writer: Writer) => void;
}

interface Writer {
  readonly parts: string[];
  readonly pretty: boolean;
  depth: number;
  /** Entries of the Bundle to be written later; undefined: everything at once. */
  readonly deferred?: Deferred[];
}

const unable = (what: string): FhirError => new FhirError('not-acceptable', `The answer cannot be written as XML: ${what}. Ask for application/fhir+json.`);

const line = ({ pretty, depth }: Writer): string => (pretty ? `\n${'  '.repeat(depth)}` : '');

const open = (writer: Writer, tag: string): void => {
  writer.parts.push(`${line(writer)}<${tag}>`);
  writer.depth += 1;
};

const close = (writer: Writer, name: string): void => {
  writer.depth -= 1;
  writer.parts.push(`${line(writer)}</${name}>`);
};

const textOf = (node: JsonNode | undefined, name: string): string => {
  if (typeof node !== 'string') throw unable(`"${name}" is not a single value`);
  if (!node.startsWith('"')) return node;
  return node.includes('\\') ? JSON.parse(node) as string : node.slice(1, -1);
};

const writeResource = (writer: Writer, node: JsonNode, isRoot = false): void => {
  if (!isMembers(node)) throw unable('a resource is not an object');
  const at = node.names.indexOf('resourceType');
  const type = textOf(node.values[at], 'resourceType');
  const shape = shapeOf(type);
  if (shape.elements.size === 0) throw unable(`"${type.slice(0, 40)}" is no resource type`);
  const entries = entriesOf(node, shape);
  const tag = isRoot ? `${type} xmlns="${fhirNamespace}"` : type;
  if (entries.length === 0) {
    writer.parts.push(`${line(writer)}<${tag}/>`);
    return;
  }
  open(writer, tag);
  for (const entry of entries) writeEntry(writer, entry);
  close(writer, type);
};

/** An element with what stands beside it under `_name`. */
interface Entry {
  readonly element: XmlElement;
  value: JsonNode | undefined;
  extra: JsonNode | undefined;
}

const entriesOf = ({ names, values }: JsonMembers, { elements, attributes }: Shape): Entry[] => {
  const found = new Map<string, Entry>();
  for (const [at, name] of names.entries()) {
    const isExtra = name.startsWith('_');
    const bare = isExtra ? name.slice(1) : name;
    const element = elements.get(bare);
    if (element === undefined) {
      if (attributes.includes(name) || name === 'resourceType') continue;
      throw unable(`"${name.slice(0, 40)}" is not defined there`);
    }
    const entry = found.get(bare) ?? { element, value: undefined, extra: undefined };
    if (isExtra) entry.extra = values[at];
    else entry.value = values[at];
    found.set(bare, entry);
  }
  const entries = [...found.values()];
  const isOrdered = entries.every(({ element }, at) => at === 0 || (entries[at - 1]?.element.order ?? 0) <= element.order);
  return isOrdered ? entries : entries.sort((a, b) => a.element.order - b.element.order);
};

const isList = (node: JsonNode): node is readonly JsonNode[] => Array.isArray(node);

const writeEntry = (writer: Writer, { element, value, extra }: Entry): void => {
  const isRepeated = (value !== undefined && isList(value)) || (extra !== undefined && isList(extra));
  if (!isRepeated) {
    writeOne(writer, element, { value, extra });
    return;
  }
  const values = value !== undefined && isList(value) ? value : [];
  const extras = extra !== undefined && isList(extra) ? extra : [];
  for (let at = 0; at < Math.max(values.length, extras.length); at += 1) {
    const item = { value: values[at], extra: extras[at] };
    if (writer.deferred !== undefined && writer.depth === 1) defer(writer, (later) => { writeOne(later, element, item); });
    else writeOne(writer, element, item);
  }
};

const defer = (writer: Writer, write: (writer: Writer) => void): void => {
  writer.deferred?.push({ at: writer.parts.length, write });
  writer.parts.push('');
};

const present = (node: JsonNode | undefined): node is JsonNode => node !== undefined && node !== 'null';

const writeOne = (writer: Writer, element: XmlElement, { value, extra }: { value: JsonNode | undefined; extra: JsonNode | undefined }): void => {
  switch (element.kind) {
    case 'primitive':
      writePrimitive(writer, element.name, { value: present(value) ? value : undefined, extra: present(extra) ? extra : undefined });
      return;
    case 'xhtml':
      writer.parts.push(line(writer), narrativeXml(textOf(value, element.name)));
      return;
    case 'resource':
      if (!present(value)) return;
      open(writer, element.name);
      writeResource(writer, value);
      close(writer, element.name);
      return;
    default:
      if (present(value)) writeComplex(writer, element, value);
  }
};

const writePrimitive = (writer: Writer, name: string, { value, extra }: { value: JsonNode | undefined; extra: JsonNode | undefined }): void => {
  if (value === undefined && extra === undefined) return;
  const valueText = value === undefined ? '' : ` value="${attributeText(value, name)}"`;
  if (extra === undefined) {
    writer.parts.push(`${line(writer)}<${name}${valueText}/>`);
    return;
  }
  writeContent(writer, { name, inside: 'Element', members: extra, attributes: valueText });
};

const writeComplex = (writer: Writer, { name, inside }: XmlElement, members: JsonNode): void => {
  writeContent(writer, { name, inside, members, attributes: '' });
};

const writeContent = (writer: Writer, what: { name: string; inside: string; members: JsonNode; attributes: string }): void => {
  const { name, inside, members } = what;
  if (!isMembers(members)) throw unable(`"${name}" is not an object`);
  const shape = shapeOf(inside);
  const tag = `${name}${ownAttributes(members, shape)}${what.attributes}`;
  const entries = entriesOf(members, shape);
  if (entries.length === 0) {
    writer.parts.push(`${line(writer)}<${tag}/>`);
    return;
  }
  open(writer, tag);
  for (const entry of entries) writeEntry(writer, entry);
  close(writer, name);
};

const ownAttributes = ({ names, values }: JsonMembers, { attributes }: Shape): string => {
  let text = '';
  for (const attribute of attributes) {
    const value = values[names.indexOf(attribute)];
    if (value !== undefined) text += ` ${attribute}="${attributeText(value, attribute)}"`;
  }
  return text;
};

const attributeText = (node: JsonNode, name: string): string => {
  const text = escapeAttribute(textOf(node, name));
  if (text === undefined) throw unable(`"${name}" holds a character that XML does not have`);
  return text;
};
