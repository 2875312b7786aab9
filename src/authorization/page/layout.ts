/** What every page has: language, skip link, one heading, one main region. */
import { html, type Html } from './html.js';
import { textEn, type TextKey, type Texts } from './text-en.js';
import { textZh } from './text-zh.js';

export type Language = 'en' | 'zh-Hant';

const texts: Readonly<Record<Language, Texts>> = { 'en': textEn, 'zh-Hant': textZh };

/** Returns the words of a language. */
export const textsOf = (language: Language): Texts => texts[language];

/** Returns the language asked for: by a cookie first, by the browser then. */
export const languageOf = ({ cookie, 'accept-language': accept }: { readonly cookie?: string | undefined; readonly 'accept-language'?: string | undefined }): Language => {
  const chosen = /(?:^|;\s*)language=(en|zh-Hant)(?:;|$)/.exec(cookie ?? '')?.[1];
  if (chosen !== undefined) return chosen as Language;
  return /^\s*zh/i.test(accept ?? '') ? 'zh-Hant' : 'en';
};

export interface Page {
  readonly heading: string;
  readonly body: Html;
  /** What went wrong, read out by screen readers at once. */
  readonly fault?: string | undefined;
  readonly notice?: string | undefined;
}

export interface Frame {
  readonly language: Language;
  /** Path of the style sheet's folder. */
  readonly assets: string;
  /** Path of this page, to come back to in another language. */
  readonly path: string;
}

/** Returns the whole document. */
export const document = ({ language, assets, path }: Frame, { heading, body, fault, notice }: Page): string => {
  const text = textsOf(language);
  const other: Language = language === 'en' ? 'zh-Hant' : 'en';
  return html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${heading} · ${text.title}</title><link rel="stylesheet" href="${assets}/style.css"></head>
<body><a class="skip" href="#main">${text.skip}</a>
<header><strong>${text.title}</strong><form method="post" action="${assets}/language"><input type="hidden" name="language" value="${other}"><input type="hidden" name="path" value="${path}"><button class="plain small" lang="${other}">${text.language}</button></form></header>
<main id="main"><h1>${heading}</h1>
${fault !== undefined && html`<p class="fault" role="alert">${fault}</p>`}${notice !== undefined && html`<p class="done" role="status">${notice}</p>`}
${body}</main></body></html>`.text;
};

export type { TextKey, Texts };
