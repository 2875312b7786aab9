/** Indents compact JSON text; numbers and strings stay exactly as they are. */
import { skipString, skipValue } from './span.js';

const isOpen = (character: string | undefined): boolean => character === '{' || character === '[';
const isClose = (character: string | undefined): boolean => character === '}' || character === ']';

/** Returns the text with two spaces of indentation per level. */
export const prettyJson = (text: string): string => {
  const parts: string[] = [];
  let depth = 0;
  const line = (): string => `\n${'  '.repeat(depth)}`;
  for (let at = 0; at < text.length;) {
    const character = text[at];
    if (isOpen(character) && isClose(text[at + 1])) {
      parts.push(text.slice(at, at + 2));
      at += 2;
    } else if (isOpen(character)) {
      depth += 1;
      parts.push(character ?? '', line());
      at += 1;
    } else if (isClose(character)) {
      depth -= 1;
      parts.push(line(), character ?? '');
      at += 1;
    } else if (character === ',' || character === ':') {
      parts.push(character === ',' ? `,${line()}` : ': ');
      at += 1;
    } else {
      const end = character === '"' ? skipString(text, at) : skipValue(text, at);
      parts.push(text.slice(at, end));
      at = end;
    }
  }
  return parts.join('');
};
