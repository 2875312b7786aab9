/** HTML as a value: whatever is put into a template is escaped, unless it is HTML itself. */

export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | undefined | false | readonly (Html | string)[];

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Returns the text with everything that HTML would read as markup escaped. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);

const shown = (part: Part): string => {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  return typeof part === 'object' ? part.map(shown).join('') : escapeHtml(String(part));
};

/** Returns the template as HTML. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(strings.reduce((text, string, index) => text + shown(parts[index - 1]) + string));
