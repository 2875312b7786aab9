/** Replaces values in compact JSON text; every other byte stays as it is. */
import { skipString, skipValue } from './span.js';

export interface Edit {
  /** Names and indexes from the top; must exist. */
  readonly path: readonly (string | number)[];
  /** JSON text of the new value. */
  readonly json: string;
}

const [quote, comma, openBracket, closeBracket] = [0x22, 0x2c, 0x5b, 0x5d];

interface Node {
  json?: string;
  readonly children: Map<string | number, Node>;
}

/** Returns the text with the values at the paths replaced; paths that are not there are an error. One pass, up to the last of them. */
export const editJson = (text: string, edits: readonly Edit[]): string => {
  const parts: string[] = [];
  let from = 0;
  let left = edits.length;
  const replace = (json: string, at: number): number => {
    parts.push(text.slice(from, at), json);
    from = skipValue(text, at);
    left -= 1;
    return from;
  };
  /** Returns the offset behind the value at `at`; any offset once nothing is left to replace. */
  const apply = (node: Node, at: number): number => {
    if (node.json !== undefined) return replace(node.json, at);
    return text.charCodeAt(at) === openBracket ? inItems(node, at) : inMembers(node, at);
  };
  const enter = (child: Node | undefined, at: number): number => (child === undefined ? skipValue(text, at) : apply(child, at));
  const inMembers = (node: Node, at: number): number => {
    let position = at + 1;
    while (left > 0 && text.charCodeAt(position) === quote) {
      const nameEnd = skipString(text, position);
      const raw = text.slice(position + 1, nameEnd - 1);
      position = enter(node.children.get(raw.includes('\\') ? JSON.parse(`"${raw}"`) as string : raw), nameEnd + 1);
      if (text.charCodeAt(position) !== comma) break;
      position += 1;
    }
    return position + 1;
  };
  const inItems = (node: Node, at: number): number => {
    let position = at + 1;
    for (let index = 0; left > 0 && text.charCodeAt(position) !== closeBracket; index += 1) {
      position = enter(node.children.get(index), position);
      if (text.charCodeAt(position) === comma) position += 1;
    }
    return position + 1;
  };
  const root = treeOf(edits);
  apply(root, 0);
  if (left > 0) throw new Error(`there is nothing to replace at ${missing(text, edits)}`);
  parts.push(text.slice(from));
  return parts.join('');
};

const missing = (text: string, edits: readonly Edit[]): string => {
  const value = JSON.parse(text) as unknown;
  const at = (path: Edit['path']): unknown => path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | null | undefined)?.[step], value);
  return edits.filter(({ path }) => at(path) === undefined).map(({ path }) => path.join('.')).join(', ');
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
