/** What is open while XML is read: one frame per element, which gathers the JSON of what is inside. */
import { isResourceType } from '../definitions.js';
import { shapeOf, type Shape, type XmlElement } from './shape.js';

/** The items of one element that have been read so far: `given`, three times. */
interface Run {
  readonly element: XmlElement;
  readonly values: string[];
  readonly extras: string[];
  hasValue: boolean;
  hasExtra: boolean;
}

export interface Frame {
  /** Undefined for the root. */
  readonly element: XmlElement | undefined;
  readonly name: string;
  /** Undefined where one resource stands inside: `contained`, `Bundle.entry.resource`. */
  readonly shape: Shape | undefined;
  readonly kind: 'resource' | 'holder' | 'primitive' | 'complex';
  /** Place among the items of its parent's run. */
  readonly index: number;
  /** JSON members of what has been read, each with a comma in front. */
  members: string;
  /** JSON of a primitive's value, or of the resource a holder holds. */
  value: string | undefined;
  run: Run | undefined;
  order: number;
}

type FrameStart = Pick<Frame, 'element' | 'name' | 'index'>;

/** Written out member by member: a spread costs ten times as much, and there is a frame for every element. */
const makeFrame = ({ element, name, index }: FrameStart, kind: Frame['kind'], shape: Shape | undefined): Frame =>
  ({ element, name, shape, kind, index, members: '', value: undefined, run: undefined, order: -1 });

/** Returns the frame of a resource; undefined when the name is no resource type. */
export const resourceFrame = (name: string): Frame | undefined =>
  isResourceType(name) ? makeFrame({ element: undefined, name, index: 0 }, 'resource', shapeOf(name)) : undefined;

/** Returns the frame of an element. */
export const elementFrame = (element: XmlElement, index: number): Frame => {
  const start = { element, name: element.name, index };
  if (element.kind === 'resource') return makeFrame(start, 'holder', undefined);
  return makeFrame(start, element.kind === 'primitive' ? 'primitive' : 'complex', shapeOf(element.inside));
};

/** Returns the path of the innermost frame: `Patient.name[0].given`. */
export const pathOf = (frames: readonly Frame[]): string => {
  let path = '';
  for (const { element, name, index, kind } of frames) {
    if (path === '') path = name;
    else if (kind !== 'resource') path += element?.list === true ? `.${name}[${String(index)}]` : `.${name}`;
  }
  return path;
};

/** Begins or goes on with the items of an element; returns how many there are, or what is wrong. */
export const enterRun = (frame: Frame, element: XmlElement): number | string => {
  if (frame.run?.element === element) return element.list ? frame.run.values.length : `<${element.name}> is given twice and may occur once`;
  if (element.order < frame.order) return `<${element.name}> must stand before <${frame.run?.element.name ?? ''}>: the order of elements is that of the definition`;
  flushRun(frame);
  frame.run = { element, values: [], extras: [], hasValue: false, hasExtra: false };
  frame.order = element.order;
  return 0;
};

/** Adds one item to the open run. */
export const addItem = ({ run }: Frame, value: string | undefined, extra: string | undefined): void => {
  if (run === undefined) throw new Error('an item was added to no element');
  run.values.push(value ?? 'null');
  run.extras.push(extra ?? 'null');
  run.hasValue ||= value !== undefined;
  run.hasExtra ||= extra !== undefined;
};

/** Puts the open run into the members. */
export const flushRun = (frame: Frame): void => {
  const { run } = frame;
  if (run === undefined) return;
  const { element: { name, list }, values, extras, hasValue, hasExtra } = run;
  if (hasValue) frame.members += `,"${name}":${list ? `[${values.join(',')}]` : values[0] ?? 'null'}`;
  if (hasExtra) frame.members += `,"_${name}":${list ? `[${extras.join(',')}]` : extras[0] ?? 'null'}`;
  frame.run = undefined;
};
