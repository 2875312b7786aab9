/** Changes of elements in place: value and `_value` stay side by side, lists stay aligned, nothing empty is left behind. */
import { cloneLexical, type Lexical, type LexicalObject } from '../../core/json/lexical.js';
import { insideOf, isPrimitiveNode, valueOf, type PatchNode } from './node.js';

/** What an element becomes. */
export interface NewValue {
  readonly value: Lexical | undefined;
  /** Id and extensions of a primitive. */
  readonly extra: LexicalObject | undefined;
}

interface Item {
  readonly value: Lexical;
  readonly extra: Lexical;
}

const listAt = (holder: LexicalObject, key: string): Item[] => {
  const values = holder[key];
  const extras = holder[`_${key}`];
  const own = Array.isArray(values) ? values : [];
  const beside = Array.isArray(extras) ? extras : [];
  return Array.from({ length: Math.max(own.length, beside.length) }, (_, index) => ({ value: own[index] ?? null, extra: beside[index] ?? null }));
};

const setList = (holder: LexicalObject, key: string, items: readonly Item[]): void => {
  setOrRemove(holder, key, items.some(({ value }) => value !== null) ? items.map(({ value }) => value) : undefined);
  setOrRemove(holder, `_${key}`, items.some(({ extra }) => extra !== null) ? items.map(({ extra }) => extra) : undefined);
};

const setOrRemove = (holder: LexicalObject, key: string, value: Lexical | undefined): void => {
  if (value === undefined) Reflect.deleteProperty(holder, key);
  else holder[key] = value;
};

const itemOf = ({ value, extra }: NewValue): Item => ({ value: value === undefined ? null : cloneLexical(value), extra: extra === undefined ? null : cloneLexical(extra) });

/** Returns how many items a list has. */
export const lengthAt = (holder: LexicalObject, key: string): number => listAt(holder, key).length;

/** Returns whether there is such a member, or something beside it. */
export const isThere = (holder: LexicalObject, key: string): boolean => holder[key] !== undefined || holder[`_${key}`] !== undefined;

/** Puts an item into a list before the one at `index`. */
export const insertItem = (holder: LexicalObject, { key, index }: { key: string; index: number }, item: NewValue): void => {
  setList(holder, key, listAt(holder, key).toSpliced(index, 0, itemOf(item)));
};

/** Moves an item within its list; `to` is its place afterwards. */
export const moveItem = (holder: LexicalObject, key: string, { from, to }: { from: number; to: number }): void => {
  const items = listAt(holder, key);
  const moved = items.splice(from, 1);
  items.splice(to, 0, ...moved);
  setList(holder, key, items);
};

/** Sets a member that is no list. */
export const setMember = (holder: LexicalObject, key: string, { value, extra }: NewValue): void => {
  setOrRemove(holder, key, value === undefined ? undefined : cloneLexical(value));
  setOrRemove(holder, `_${key}`, extra === undefined ? undefined : cloneLexical(extra));
};

/** Replaces the node by a value under `key`, which differs from its own where the type of a choice changes. */
export const replaceNode = ({ holder, key: old, index }: PatchNode, key: string, value: NewValue): void => {
  if (index !== undefined) {
    setList(holder, old, listAt(holder, old).with(index, itemOf(value)));
    return;
  }
  if (key !== old) setMember(holder, old, { value: undefined, extra: undefined });
  setMember(holder, key, value);
};

/** Removes the node, and what would be empty without it. */
export const removeNode = ({ holder, key, index, parent }: PatchNode): void => {
  if (index === undefined) setMember(holder, key, { value: undefined, extra: undefined });
  else setList(holder, key, listAt(holder, key).toSpliced(index, 1));
  if (parent !== undefined) prune(parent);
};

const prune = (node: PatchNode): void => {
  const inside = insideOf(node);
  if (node.parent === undefined || (inside !== undefined && Object.keys(inside).length > 0)) return;
  const value = isPrimitiveNode(node) ? valueOf(node) : undefined;
  if (value === undefined) removeNode(node);
  else replaceNode(node, node.key, { value, extra: undefined });
};

/** Returns the object inside of the node, made when a primitive has none yet. */
export const ensureInside = (node: PatchNode): LexicalObject | undefined => {
  const inside = insideOf(node);
  if (inside !== undefined || !isPrimitiveNode(node)) return inside;
  replaceNode(node, node.key, { value: valueOf(node), extra: {} });
  return insideOf(node);
};
