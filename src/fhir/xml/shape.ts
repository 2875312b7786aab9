/** How the elements of a type stand in XML (https://hl7.org/fhir/R4/xml.html): their order, and what of them is an attribute. */
import { elementsOf, isPrimitive, isResourceType, type NamedElement } from '../definitions.js';

export const fhirNamespace = 'http://hl7.org/fhir';
export const xhtmlNamespace = 'http://www.w3.org/1999/xhtml';

export interface XmlElement {
  /** The same in JSON and XML. */
  readonly name: string;
  /** Place among the elements of its parent; the names of one choice share it. */
  readonly order: number;
  readonly kind: 'primitive' | 'complex' | 'resource' | 'xhtml';
  /** FHIR type of a primitive. */
  readonly type: string;
  /** How the value of a primitive is written in JSON. */
  readonly form: 'string' | 'boolean' | 'decimal' | 'integer';
  readonly list: boolean;
  /** What is inside: the name of a type or backbone; `Element` for a primitive. */
  readonly inside: string;
}

export interface Shape {
  readonly elements: ReadonlyMap<string, XmlElement>;
  /** Elements that are XML attributes. */
  readonly attributes: readonly string[];
}

const forms: Readonly<Record<string, XmlElement['form']>> = { boolean: 'boolean', decimal: 'decimal', integer: 'integer', unsignedInt: 'integer', positiveInt: 'integer' };
const known = new Map<string, Shape>();

/** Returns the shape of a resource type, datatype or backbone. */
export const shapeOf = (type: string): Shape => {
  const found = known.get(type);
  if (found !== undefined) return found;
  const made = makeShape(type);
  known.set(type, made);
  return made;
};

/** The id of an element and the url of an extension are attributes; the id of a resource is an element. */
const attributesOf = (type: string): readonly string[] => {
  if (isResourceType(type)) return [];
  return type === 'Extension' ? ['id', 'url'] : ['id'];
};

const makeShape = (type: string): Shape => {
  const attributes = attributesOf(type);
  const orders = new Map<string, number>();
  const elements = [...elementsOf(type)].filter(([name]) => !attributes.includes(name)).map(([name, element]): [string, XmlElement] => {
    const order = orders.get(element.path) ?? orders.size;
    orders.set(element.path, order);
    return [name, xmlElement(name, order, element)];
  });
  return { elements: new Map(elements), attributes };
};

const xmlElement = (name: string, order: number, element: NamedElement): XmlElement => {
  const type = element.type?.code ?? '';
  return { name, order, kind: kindOf(type), type, form: forms[type] ?? 'string', list: element.max > 1, inside: element.children ?? 'Element' };
};

const kindOf = (type: string): XmlElement['kind'] => {
  if (type === 'xhtml') return 'xhtml';
  if (type === 'Resource') return 'resource';
  return isPrimitive(type) ? 'primitive' : 'complex';
};
