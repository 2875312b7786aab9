/**
 * Case- and accent-insensitive form of text, for the string searches of https://hl7.org/fhir/R4/search.html#string.
 */

/** Letters that Unicode does not decompose although readers take them for a plain letter. */
const plain: Readonly<Record<string, string>> = { ß: 'ss', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', æ: 'ae', œ: 'oe', ı: 'i', ħ: 'h', ŧ: 't' };
const special = /[ßøłđðþæœıħŧ]/g;
const marks = /\p{M}+/gu;
const simple = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/**
 * Returns the text in lower case, without accents, runs of white space as one blank, none at the ends. Text that folds
 * to the same string is the same to a string search.
 */
export const fold = (text: string): string => {
  if (simple.test(text)) return text.toLowerCase();
  const bare = text.normalize('NFKD').replace(marks, '').toLowerCase();
  return bare.replace(special, (letter) => plain[letter] ?? letter).replace(/\s+/g, ' ').trim();
};

const punctuation = /\p{P}+/gu;
const unpunctuated = /^[0-9A-Za-z]+(?: [0-9A-Za-z]+)*$/;

/**
 * Returns what two texts have in common that are the same to a string search: folded, without punctuation ("Punctuation and
 * non-significant whitespace should also be ignored"). Text that is nothing but punctuation keeps it.
 */
export const searchText = (text: string): string => {
  if (unpunctuated.test(text)) return text.toLowerCase();
  const folded = fold(text);
  const bare = folded.replace(punctuation, '').replace(/ +/g, ' ').trim();
  return bare === '' ? folded : bare;
};
