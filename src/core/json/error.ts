/** Where a JSON text is wrong, and why: by line, column and path. */
export type JsonReason = 'syntax' | 'duplicate-key' | 'too-deep' | 'forbidden-key' | 'lone-surrogate';

export interface JsonFault {
  readonly reason: JsonReason;
  readonly offset: number;
  /** What is expected or wrong, without the place. */
  readonly what: string;
}

/** Thrown for a text that is not acceptable JSON. */
export class JsonTextError extends Error {
  readonly reason: JsonReason;
  readonly what: string;
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** The innermost place that could be recognized: `name[0].given`; empty at the top. */
  readonly path: string;

  constructor(text: string, { reason, offset, what }: JsonFault) {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - (before.lastIndexOf('\n') + 1) + 1;
    super(`line ${String(line)}, column ${String(column)}: ${what}`);
    this.name = 'JsonTextError';
    this.reason = reason;
    this.what = what;
    this.offset = offset;
    this.line = line;
    this.column = column;
    this.path = pathAt(text, offset);
  }
}

interface Level {
  readonly isArray: boolean;
  index: number;
  name: string;
}

const advance = (level: Level): void => {
  if (level.isArray) level.index += 1;
  else level.name = '';
};

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** Returns the path of the value around an offset, as far as the text before it is well-formed. */
const pathAt = (text: string, offset: number): string => {
  const levels: Level[] = [];
  let pending = '';
  for (const { 0: part, index } of text.slice(0, offset).matchAll(token)) {
    const level = levels.at(-1);
    if (part === '{' || part === '[') levels.push({ isArray: part === '[', index: 0, name: '' });
    else if (part === '}' || part === ']') levels.pop();
    else if (part === ',' && level !== undefined) advance(level);
    else if (part === ':' && level !== undefined) level.name = pending;
    else if (part.startsWith('"') && index < offset) pending = part.slice(1, -1);
  }
  return levels.slice(0, 64).map(({ isArray, index, name }) => (isArray ? `[${String(index)}]` : name === '' ? '' : `.${name}`)).join('').replace(/^\./, '').slice(0, 400);
};
