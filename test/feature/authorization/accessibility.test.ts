/** Every page in a browser: names, headings, labels, contrast and reflow as WCAG 2.2 AA asks, in both languages and both colour schemes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser as Chromium, type Page } from 'playwright-core';
import { packageRoot } from '../../../src/core/package-root.js';
import { inviteUser } from '../../../src/authorization/operator.js';
import { textEn } from '../../../src/authorization/page/text-en.js';
import { textZh } from '../../../src/authorization/page/text-zh.js';
import { authorizeUrl, newVerifier, openClinic, password, type Clinic } from './harness.js';

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));

/** Runs in the page; its value is what is wrong there, in words. */
const faultsIn = readFileSync(join(packageRoot, 'test', 'fixture', 'page-faults.js'), 'utf8');

/** What must not be read on a page in the other language. */
const english = Object.values(textEn).filter((text) => text.length > 5 && !Object.values(textZh).includes(text));

const inBrowser = (): void => {
  let clinic: Clinic;
  let chrome: Chromium;
  beforeAll(async () => {
    clinic = await openClinic();
    chrome = await chromium.launch({ executablePath: browserPath ?? '', headless: true, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'] });
  });
  afterAll(async () => { await chrome.close(); await clinic.stop(); });

  const request = (scope: string): string => clinic.origin + authorizeUrl(clinic, { scope, verifier: newVerifier() });
  const signIn = async (page: Page, email: string): Promise<void> => {
    await page.fill('#email', email);
    await page.fill('#password', password);
    await Promise.all([page.waitForNavigation(), page.click('main button:not(.plain)')]);
  };
  const at = (path: string, email?: string) => async (page: Page): Promise<void> => {
    await page.goto(path.startsWith('/') ? clinic.origin + path : path);
    if (email !== undefined) await signIn(page, email);
  };
  const pages: Readonly<Record<string, (page: Page) => Promise<void>>> = {
    'sign-in': at('/oauth/account'), 'reset': at('/oauth/reset'), 'sign-up': at('/oauth/sign-up'), 'mailbox': at('/oauth/mailbox'), 'an error': at('/oauth/auth?client_id=nobody'),
    'a link': async (page) => at(await inviteUser(clinic.server, { email: `invited-${newVerifier().slice(0, 12)}@example.org`, role: 'staff', fhirUser: 'Practitioner/P' }))(page),
    'a wrong password': async (page) => { await page.goto(`${clinic.origin}/oauth/account`); await page.fill('#email', 'nobody@example.org'); await page.fill('#password', 'wrong'); await Promise.all([page.waitForNavigation(), page.click('main button:not(.plain)')]); },
    'consent': async (page) => at(request('launch/patient openid fhirUser offline_access patient/Observation.rs?category=laboratory patient/*.cruds'), 'ada@example.org')(page),
    'patient picker': async (page) => at(request('launch/patient patient/*.rs'), 'parent@example.org')(page),
    'account': at('/oauth/account', 'ada@example.org'),
    'security': async (page) => { await at('/oauth/account', 'ada@example.org')(page); await at('/oauth/account/security')(page); },
    'launch': async (page) => { await at('/oauth/account', 'admin@example.org')(page); await at('/oauth/account/launch')(page); },
    'recorder': async (page) => { await at('/oauth/account', 'admin@example.org')(page); await at('/oauth/account/recorder')(page); },
    'sign-out': async (page) => { await at('/oauth/account', 'ada@example.org')(page); await at('/oauth/session/end')(page); },
  };

  it.each(Object.keys(pages))('%s can be read and used by everyone', async (name) => {
    for (const [locale, colorScheme, width] of [['en-GB', 'light', 320], ['zh-TW', 'dark', 1_000]] as const) {
      const context = await chrome.newContext({ locale, colorScheme, viewport: { width, height: 800 } });
      const page = await context.newPage();
      await pages[name]?.(page);
      expect([locale, await page.evaluate(faultsIn)]).toEqual([locale, []]);
      const words = (await page.textContent('body')) ?? '';
      if (locale === 'zh-TW') expect(english.filter((text) => words.includes(text))).toEqual([]);
      else expect(words).not.toMatch(/[\u4e00-\u9fff]{5}/);
      await context.close();
    }
  });
};

if (browserPath !== undefined) describe('pages', inBrowser);
else it('pages in a browser: left out, there is no Chromium on this machine', () => { expect(browserPath).toBeUndefined(); });

describe('the words of the pages', () => {
  it('are there in both languages, each its own', () => {
    expect(Object.keys(textZh).sort()).toEqual(Object.keys(textEn).sort());
    const same = Object.entries(textEn).filter(([key, text]) => textZh[key as keyof typeof textZh] === text).map(([key]) => key);
    expect(same).toEqual(['title']);
    for (const [key, text] of Object.entries(textZh)) expect([key, key === 'title' || key === 'language' || /[\u3000-\u9fff]/.test(text)]).toEqual([key, true]);
  });
});
