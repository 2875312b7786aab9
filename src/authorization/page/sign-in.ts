/** The pages of signing in. */
import { mountPath } from '../option.js';
import { html, type Html } from './html.js';
import type { Texts } from './layout.js';

export interface SignInPage {
  readonly text: Texts;
  readonly guard: Html;
  /** Path below which the forms of this sign-in are posted. */
  readonly at: string;
  /** Name of the app that is waiting; undefined when nobody is. */
  readonly app?: string | undefined;
  readonly email?: string | undefined;
  /** Whether mail can be sent: sign-up and reset need it. */
  readonly mails: boolean;
  /** Name of the other provider where people may sign in. */
  readonly elsewhere?: string | undefined;
}

export const signInBody = ({ text, guard, at, app, email, mails, elsewhere }: SignInPage): Html => html`
${app !== undefined && html`<p>${text.signInFor} <strong>${app}</strong></p>`}
<form method="post" action="${at}/sign-in">${guard}
<label for="email">${text.email}</label><input id="email" name="email" type="email" autocomplete="username" required maxlength="200" value="${email ?? ''}" autofocus>
<label for="password">${text.password}</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200">
<div class="actions"><button>${text.signIn}</button>${app !== undefined && html`<button class="plain" formaction="${at}/cancel" formnovalidate>${text.cancel}</button>`}</div></form>
${elsewhere !== undefined && html`<form method="post" action="${at}/elsewhere">${guard}<div class="actions"><button class="plain">${text.signInElsewhere}: ${elsewhere}</button></div></form>`}
${mails && html`<p class="note"><a href="${mountPath}/reset">${text.forgotPassword}</a> · <a href="${mountPath}/sign-up">${text.createAccount}</a></p>`}`;

export interface SecondPage {
  readonly text: Texts;
  readonly guard: Html;
  readonly at: string;
  readonly hasCode: boolean;
  readonly hasPasskey: boolean;
}

export const secondFactorBody = ({ text, guard, at, hasCode, hasPasskey }: SecondPage): Html => html`
${hasCode && html`<p>${text.secondFactorHelp}</p>
<form method="post" action="${at}/second">${guard}
<label for="code">${text.code}</label><input id="code" name="code" type="text" inputmode="text" autocomplete="one-time-code" required maxlength="40" autofocus>
<div class="actions"><button>${text.next}</button></div></form>`}
${hasPasskey && html`<form method="post" action="${at}/passkey" data-passkey="get" data-options="${at}/passkey-options">${guard}<input type="hidden" name="answer"><div class="actions"><button class="plain">${text.usePasskey}</button></div></form>
<script src="${mountPath}/passkey.js" defer></script>`}
<form method="post" action="${at}/cancel">${guard}<div class="actions"><button class="plain">${text.cancel}</button></div></form>`;
