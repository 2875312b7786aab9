/** How values are written in an index, whatever engine keeps it (https://hl7.org/fhir/R4/search.html). */

/** Longest text that stands in the ordered index of strings; the rest is compared on the resource. */
export const indexedText = 100;

/**
 * Intervals are filed by width: within a class, those that can reach a value begin at most `width` before it, and so are
 * neighbours in the index.
 */
export const widths = [0, 86_400_000, 32 * 86_400_000, Infinity] as const;

/** Returns the class of an interval: 0 to 3. */
export const widthClass = (low: number, high: number): number => {
  const width = high - low;
  return width <= widths[0] ? 0 : width <= widths[1] ? 1 : width <= widths[2] ? 2 : 3;
};

/** Text of references in a value hash: apart from codes. */
export const referenceText = (target: string): string => `>${target}`;
/** Value that stands for all codes of a system. */
export const systemText = (system: number): string => `|${String(system)}`;
/** Value of a token without a code. */
export const codelessText = '|\u0000';
/** Text of URIs in a value hash. */
export const uriText = (uri: string): string => `<${uri}`;

/** Returns the text as it stands in the ordered index. */
export const shortText = (text: string): string => {
  if (text.length <= indexedText) return text;
  const last = text.charCodeAt(indexedText - 1);
  // Half a character would not come back as it went in.
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? indexedText - 1 : indexedText);
};
