/**
 * FHIR XML as FHIR JSON text (https://hl7.org/fhir/R4/xml.html), by the definitions: values keep their text, so that `1.10`
 * stays `1.10`. Comments are dropped; DTDs, entities and processing instructions are refused.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { makeBreather } from '../../core/breathe.js';
import type { ErrorCode } from '../../core/error-table.js';
import { addItem, elementFrame, enterRun, flushRun, pathOf, resourceFrame, type Frame } from './frame.js';
import { beginNarrative, narrativeDepth, type Narrative } from './narrative.js';
import { xmlError } from './place.js';
import { fhirNamespace, xhtmlNamespace, type XmlElement } from './shape.js';
import { primitiveJson } from './value.js';

export interface XmlBounds {
  /** Levels of elements; the narrative has a bound of its own. */
  readonly maxDepth: number;
}

/** What is read at once; between such parts others get their turn. */
const portion = 65_536;
/** The levels of a Bundle around each of its resources. */
const around = 4;
const schemaInstance = 'http://www.w3.org/2001/XMLSchema-instance';

const noDoctype = 'a DOCTYPE is not accepted';
const beforeMarkup = /[\ufeff \t\r\n]*/y;

/** Returns where a DOCTYPE stands before the first element. */
const doctypeAt = (text: string): number | undefined => {
  for (let at = 0; ;) {
    beforeMarkup.lastIndex = at;
    beforeMarkup.exec(text);
    at = beforeMarkup.lastIndex;
    if (text.startsWith('<!DOCTYPE', at)) return at;
    const end = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '?>' : undefined;
    const found = end === undefined ? -1 : text.indexOf(end, at + 4);
    if (end === undefined || found < 0) return undefined;
    at = found + end.length;
  }
};

/**
 * Returns the compact JSON text of the resource. Throws `malformed-xml` for what is no well-formed XML in the FHIR namespace,
 * `invalid-structure` for elements, attributes and values that are not defined, `too-deep`; each with path, line and column.
 */
export const parseXml = (text: string, bounds: XmlBounds): string => {
  const reader = new Reader(text, bounds);
  reader.read(0, text.length);
  return reader.end();
};

/** Returns the same, without holding the thread for all of a large text. */
export const parseXmlGently = async (text: string, bounds: XmlBounds): Promise<string> => {
  const reader = new Reader(text, bounds);
  const breathe = makeBreather();
  for (let at = 0; at < text.length; at += portion) {
    reader.read(at, at + portion);
    await breathe();
  }
  return reader.end();
};

/** One reading; the parser below calls back while it goes. */
class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  readonly #frames: Frame[] = [];
  #narrative: Narrative | undefined;
  #result: string | undefined;

  constructor(text: string, { maxDepth }: XmlBounds) {
    this.#text = text;
    this.#maxDepth = maxDepth + around;
    // The parser tells of a DOCTYPE at its end only, which may be far away.
    const doctype = doctypeAt(text);
    if (doctype !== undefined) throw xmlError(text, { code: 'malformed-xml', what: noDoctype, offset: doctype, path: '' });
    const parser = this.#parser;
    parser.on('error', (error) => this.#fail('malformed-xml', `the text is not well-formed XML: ${error.message.replace(/\.$/, '')}`, parser.position));
    parser.on('xmldecl', ({ encoding, version }) => { this.#checkDeclaration(encoding, version); });
    parser.on('doctype', () => this.#fail('malformed-xml', noDoctype));
    parser.on('processinginstruction', () => this.#fail('malformed-xml', 'a processing instruction is not accepted'));
    parser.on('opentag', (tag) => { this.#open(tag); });
    parser.on('closetag', (tag) => { this.#close(tag); });
    parser.on('text', (content) => { this.#content(content); });
    parser.on('cdata', (content) => { this.#content(content); });
  }

  read(from: number, to: number): void {
    this.#parser.write(this.#text.slice(from, to));
  }

  end(): string {
    this.#parser.close();
    return this.#result ?? this.#fail('malformed-xml', 'there is no element');
  }

  #fail(code: ErrorCode, what: string, offset = this.#tagStart()): never {
    throw xmlError(this.#text, { code, what, offset, path: pathOf(this.#frames) });
  }

  /** Where the markup begins that was read last. */
  #tagStart(): number {
    return Math.max(0, this.#text.lastIndexOf('<', this.#parser.position - 1));
  }

  #checkDeclaration(encoding: string | undefined, version: string | undefined): void {
    if (version !== '1.0') this.#fail('malformed-xml', 'the XML version must be 1.0');
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) this.#fail('malformed-xml', 'the encoding must be UTF-8');
  }

  #open(tag: SaxesTagNS): void {
    if (this.#narrative !== undefined) {
      if (tag.uri !== xhtmlNamespace) this.#fail('malformed-xml', `<${tag.name.slice(0, 40)}> in a narrative must be in the namespace ${xhtmlNamespace}`);
      if (!this.#narrative.open(tag)) this.#fail('too-deep', `the narrative is nested deeper than ${String(narrativeDepth)} levels`);
      return;
    }
    if (this.#frames.length >= this.#maxDepth) this.#fail('too-deep', `nested deeper than ${String(this.#maxDepth)} levels`);
    const parent = this.#frames.at(-1);
    const element = parent?.shape === undefined ? undefined : this.#elementOf(parent.shape.elements, tag);
    if (element?.kind === 'xhtml' && parent !== undefined) {
      this.#enter(parent, element);
      this.#narrative = beginNarrative(tag, this.#tagStart());
      return;
    }
    if (tag.uri !== fhirNamespace) this.#fail('malformed-xml', `<${tag.name.slice(0, 40)}> must be in the namespace ${fhirNamespace}`);
    const frame = element === undefined || parent === undefined ? this.#resource(tag, parent) : elementFrame(element, this.#enter(parent, element));
    this.#frames.push(frame);
    this.#readAttributes(tag, frame);
  }

  #elementOf(elements: ReadonlyMap<string, XmlElement>, tag: SaxesTagNS): XmlElement {
    const element = elements.get(tag.local);
    if (element === undefined) return this.#fail('invalid-structure', `<${tag.local.slice(0, 40)}> is not defined here`);
    if (element.kind === 'xhtml' && tag.uri !== xhtmlNamespace) this.#fail('malformed-xml', `<${tag.local}> must be in the namespace ${xhtmlNamespace}`);
    return element;
  }

  #enter(parent: Frame, element: XmlElement): number {
    const entered = enterRun(parent, element);
    return typeof entered === 'number' ? entered : this.#fail('invalid-structure', entered);
  }

  #resource(tag: SaxesTagNS, holder: Frame | undefined): Frame {
    const frame = resourceFrame(tag.local);
    if (holder?.value !== undefined) this.#fail('invalid-structure', `<${holder.name}> holds one resource, not two`);
    return frame ?? this.#fail('wrong-resource-type', `<${tag.local.slice(0, 40)}> is not a resource type of FHIR R4`);
  }

  #readAttributes({ attributes }: SaxesTagNS, frame: Frame): void {
    for (const name in attributes) {
      const attribute = attributes[name];
      if (attribute === undefined || name === 'xmlns' || attribute.prefix === 'xmlns' || attribute.uri === schemaInstance) continue;
      if (name === 'value' && frame.kind === 'primitive' && frame.element !== undefined) frame.value = this.#valueOf(frame.element, attribute.value);
      else if (frame.shape?.attributes.includes(name) === true) frame.members += `,"${name}":${JSON.stringify(attribute.value)}`;
      else this.#fail('invalid-structure', `the attribute ${name.slice(0, 40)} is not defined on <${frame.name}>`);
    }
  }

  #valueOf(element: XmlElement, text: string): string {
    return primitiveJson(element.form, text) ?? this.#fail('invalid-structure', `"${text.slice(0, 40)}" is no ${element.type}`);
  }

  #content(text: string): void {
    if (this.#narrative !== undefined) this.#narrative.text(text);
    else if (/[^ \t\r\n]/.test(text)) this.#fail('invalid-structure', 'text is not allowed here; a value goes into the attribute "value"');
  }

  #close(tag: SaxesTagNS): void {
    const parent = this.#frames.at(-1);
    if (this.#narrative !== undefined) {
      const div = this.#narrative.close(tag, this.#text, this.#parser.position);
      if (div === undefined || parent === undefined) return;
      this.#narrative = undefined;
      addItem(parent, JSON.stringify(div), undefined);
      return;
    }
    if (parent === undefined) return;
    flushRun(parent);
    this.#leave(parent);
    this.#frames.pop();
  }

  #leave(frame: Frame): void {
    const outer = this.#frames.at(-2);
    const content = frame.members === '' ? undefined : `{${frame.members.slice(1)}}`;
    switch (frame.kind) {
      case 'resource': {
        const json = `{"resourceType":"${frame.name}"${frame.members}}`;
        if (outer === undefined) this.#result = json;
        else outer.value = json;
        return;
      }
      case 'holder':
        if (frame.value === undefined) this.#fail('invalid-structure', `<${frame.name}> must hold a resource`);
        break;
      case 'primitive':
        if (frame.value === undefined && content === undefined) this.#fail('invalid-structure', `<${frame.name}> is empty: it needs a value or an extension`);
        if (outer !== undefined) addItem(outer, frame.value, content);
        return;
      case 'complex':
        if (content === undefined) this.#fail('invalid-structure', `<${frame.name}> is empty`);
    }
    if (outer !== undefined) addItem(outer, frame.value ?? content, undefined);
  }
}
