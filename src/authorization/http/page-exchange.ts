/** One page request: language, protection against forged forms, headers that keep pages to themselves (OWASP ASVS 3 and 50). */
import type { Request, Response } from 'express';
import { randomSecret, sign, isSigned } from '../../core/id.js';
import { mountPath } from '../option.js';
import { html, type Html } from '../page/html.js';
import { document, languageOf, textsOf, type Language, type Page, type Texts } from '../page/layout.js';

export interface PageExchange {
  readonly req: Request;
  readonly res: Response;
  readonly language: Language;
  readonly text: Texts;
  /** Fields of a posted form, each as one text; empty for a repeated one. */
  readonly form: Readonly<Record<string, string>>;
  /** All values of a field that may be repeated. */
  readonly all: (name: string) => readonly string[];
  /** Hidden field that every form must send back. */
  readonly guard: Html;
  readonly send: (page: Page, options?: SendOptions) => void;
  /** Sends the browser on with GET. */
  readonly goTo: (path: string) => void;
}

export interface SendOptions {
  readonly status?: number | undefined;
  /** Origins that a form of the page may lead to in the end, beside this one: the app's. */
  readonly leadsTo?: string | undefined;
  /** Whether the page has a script of ours. */
  readonly script?: boolean | undefined;
}

export const formCookie = 'form';
const formKeep = 3_600;

const cookieOf = (req: Request, name: string): string | undefined => new RegExp(`(?:^|;\\s*)${name}=([A-Za-z0-9_-]+)(?:;|$)`).exec(req.headers.cookie ?? '')?.[1];

/** Returns the mark of the browser that was shown a page of ours; undefined for one that was not. */
export const visitorOf = (req: Request): string | undefined => cookieOf(req, formCookie);

/** Sets what every answer of the authorization server has. */
export const setHeaders = (res: Response, { leadsTo, script = false }: SendOptions = {}): void => {
  const policy = [
    "default-src 'none'", "style-src 'self'", "img-src 'self' data:", "base-uri 'none'", "frame-ancestors 'none'",
    ...(script ? ["script-src 'self'", "connect-src 'self'"] : []), `form-action 'self'${leadsTo === undefined ? '' : ` ${leadsTo}`}`,
  ];
  res.set({
    'Content-Security-Policy': policy.join('; '), 'X-Frame-Options': 'DENY', 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store', 'Pragma': 'no-cache',
  });
};

/** Returns what a form that comes from a page of ours may lead to: the origin, or the scheme of an installed app. */
export const formTarget = (uri: string): string => {
  const url = new URL(uri);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.origin : url.protocol;
};

export interface ExchangeParts {
  readonly formSecret: string;
  readonly secure: boolean;
}

/** Returns the exchange of a request. */
export const openExchange = (req: Request, res: Response, { formSecret, secure }: ExchangeParts): PageExchange => {
  const language = languageOf({ cookie: req.headers.cookie, 'accept-language': req.headers['accept-language'] });
  const fields = (req.body ?? {}) as Readonly<Record<string, unknown>>;
  const kept = cookieOf(req, formCookie);
  const visitor = kept ?? randomSecret(18);
  const mark = sign(formSecret, visitor);
  return {
    req, res, language, text: textsOf(language),
    form: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value : ''])),
    all: (name) => { const value = fields[name]; return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : typeof value === 'string' ? [value] : []; },
    guard: html`<input type="hidden" name="guard" value="${mark}">`,
    send: (page, options = {}) => {
      setHeaders(res, options);
      if (kept === undefined) res.append('Set-Cookie', `${formCookie}=${visitor}; Path=${mountPath}; HttpOnly; SameSite=Lax; Max-Age=${String(formKeep)}${secure ? '; Secure' : ''}`);
      res.status(options.status ?? 200).type('html').send(document({ language, assets: mountPath, path: req.originalUrl.split('?')[0] ?? mountPath }, page));
    },
    goTo: (path) => {
      setHeaders(res);
      res.redirect(303, path);
    },
  };
};

/** Returns whether a posted form comes from a page of ours that this browser was shown. */
export const isGuarded = (req: Request, formSecret: string): boolean => {
  const visitor = cookieOf(req, formCookie);
  const { guard } = (req.body ?? {}) as { guard?: unknown };
  return visitor !== undefined && typeof guard === 'string' && isSigned(formSecret, visitor, guard);
};

/** Returns what the browser's authenticator answered; a misshapen one is refused by its verification. */
export const answerOf = <T>({ form }: PageExchange): T => {
  try {
    return JSON.parse(form['answer'] ?? '') as T;
  } catch {
    return {} as T;
  }
};
