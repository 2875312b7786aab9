/** Finds values in compact, well-formed JSON text without parsing it. */
export interface MemberSpan {
  readonly name: string;
  /** Of the opening quote of the name. */
  readonly start: number;
  readonly valueStart: number;
  /** Behind the value. */
  readonly end: number;
}

const quote = 0x22;

/** Returns the offset behind the string that starts at `at`. */
export const skipString = (text: string, at: number): number => {
  let end = text.indexOf('"', at + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  if (end < 0) throw new Error('the text ends inside a string');
  return end + 1;
};

const isEscaped = (text: string, at: number): boolean => {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes += 1;
  return slashes % 2 === 1;
};

/** Returns the offset behind the value that starts at `at`. */
export const skipValue = (text: string, at: number): number => {
  const first = text.charCodeAt(at);
  if (first === quote) return skipString(text, at);
  if (first !== 0x7b && first !== 0x5b) return skipWord(text, at);
  let depth = 0;
  for (let position = at; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code === quote) position = skipString(text, position) - 1;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
      if (depth === 0) return position + 1;
    }
  }
  throw new Error('the text ends inside a value');
};

const skipWord = (text: string, at: number): number => {
  let position = at;
  for (;;) {
    const code = text.charCodeAt(position);
    if (Number.isNaN(code) || code === 0x2c || code === 0x7d || code === 0x5d) return position;
    position += 1;
  }
};

/** Returns the members of the object that starts at `at`. */
export const memberSpans = (text: string, at = 0): MemberSpan[] => {
  const members: MemberSpan[] = [];
  let position = at + 1;
  while (text.charCodeAt(position) === quote) {
    const nameEnd = skipString(text, position);
    const raw = text.slice(position + 1, nameEnd - 1);
    const end = skipValue(text, nameEnd + 1);
    members.push({ name: raw.includes('\\') ? JSON.parse(`"${raw}"`) as string : raw, start: position, valueStart: nameEnd + 1, end });
    position = end + 1;
  }
  return members;
};

/** Returns start and end of the items of the array that starts at `at`. */
export const itemSpans = (text: string, at: number): { readonly start: number; readonly end: number }[] => {
  const items: { start: number; end: number }[] = [];
  let position = at + 1;
  while (text.charCodeAt(position) !== 0x5d) {
    const end = skipValue(text, position);
    items.push({ start: position, end });
    position = text.charCodeAt(end) === 0x2c ? end + 1 : end;
  }
  return items;
};
