/** Replaces values in compact JSON text; every other byte stays as it is. */
import { itemSpans, memberSpans, skipValue } from './span.js';

export interface Edit {
  /** Names and indexes from the top; must exist. */
  readonly path: readonly (string | number)[];
  /** JSON text of the new value. */
  readonly json: string;
}

interface Node {
  json?: string;
  readonly children: Map<string | number, Node>;
}

/** Returns the text with the values at the paths replaced; paths that are not there are an error. */
export const editJson = (text: string, edits: readonly Edit[]): string => {
  const root = treeOf(edits);
  const parts: string[] = [];
  let from = 0;
  const apply = (node: Node, at: number): void => {
    if (node.json !== undefined) {
      parts.push(text.slice(from, at), node.json);
      from = skipValue(text, at);
      return;
    }
    const places = placesOf(text, at);
    for (const [key, child] of sorted(node, places)) {
      const place = places.get(key);
      if (place === undefined) throw new Error(`there is nothing to replace at ${String(key)}`);
      apply(child, place);
    }
  };
  apply(root, 0);
  parts.push(text.slice(from));
  return parts.join('');
};

const treeOf = (edits: readonly Edit[]): Node => {
  const root: Node = { children: new Map() };
  for (const { path, json } of edits) {
    let node = root;
    for (const step of path) {
      const next: Node = node.children.get(step) ?? { children: new Map() };
      node.children.set(step, next);
      node = next;
    }
    node.json = json;
  }
  return root;
};

const placesOf = (text: string, at: number): Map<string | number, number> =>
  text[at] === '['
    ? new Map(itemSpans(text, at).map(({ start }, index) => [index, start]))
    : new Map(memberSpans(text, at).map(({ name, valueStart }) => [name, valueStart]));

const sorted = (node: Node, places: ReadonlyMap<string | number, number>): [string | number, Node][] =>
  [...node.children].sort(([a], [b]) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
