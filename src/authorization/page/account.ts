/** The pages of a person's account: what is connected, where they are signed in, how they sign in. */
import { mountPath } from '../option.js';
import { html, type Html } from './html.js';
import type { Texts } from './layout.js';

export interface ConnectedApp {
  readonly grantId: string;
  readonly name: string;
  readonly since: string;
  /** What it may do, in words. */
  readonly words: readonly string[];
  readonly patient?: string | undefined;
}

export interface OpenSession {
  readonly id: string;
  readonly since: string;
  readonly own: boolean;
}

interface Part {
  readonly text: Texts;
  readonly guard: Html;
}

const at = `${mountPath}/account`;

export const navigation = (text: Texts, { choosesPatients, launches, administers }: { readonly choosesPatients: boolean; readonly launches: boolean; readonly administers: boolean }, guard: Html): Html => html`
<nav class="actions"><a href="${at}">${text.apps}</a><a href="${at}/security">${text.security}</a>${!choosesPatients && html`<a href="${at}/accesses">${text.accesses}</a>`}${launches && html`<a href="${at}/launch">${text.launchTitle}</a>`}${administers && html`<a href="${at}/recorder">${text.recorder}</a>`}
<form method="post" action="${at}/sign-out">${guard}<button class="plain small">${text.signOut}</button></form></nav>`;

export const appsBody = ({ text, guard, apps, sessions }: Part & { readonly apps: readonly ConnectedApp[]; readonly sessions: readonly OpenSession[] }): Html => html`
<h2>${text.apps}</h2>${apps.length === 0 && html`<p>${text.noApps}</p>`}
<ul class="list">${apps.map(({ grantId, name, since, words, patient }) => html`<li><div><strong>${name}</strong>${patient !== undefined && html` · ${patient}`}<small class="note">${text.connectedSince} ${since}</small><small class="note">${words.join(' · ')}</small></div>
<form method="post" action="${at}/disconnect">${guard}<input type="hidden" name="app" value="${grantId}"><button class="plain small">${text.disconnect}<span class="skip"> ${name}</span></button></form></li>`)}</ul>
<h2>${text.sessions}</h2>
<ul class="list">${sessions.map(({ id, since, own }) => html`<li><div>${text.signIn}: ${since}${own && html` · <strong>${text.thisSession}</strong>`}</div>${!own && html`<form method="post" action="${at}/end-session">${guard}<input type="hidden" name="session" value="${id}"><button class="plain small">${text.end}</button></form>`}</li>`)}</ul>`;

export interface SecurityPart extends Part {
  readonly hasTotp: boolean;
  readonly passkeys: readonly string[];
  /** Secret that an authenticator is being set up with. */
  readonly newSecret?: { readonly key: string; readonly uri: string } | undefined;
  /** Shown once. */
  readonly recovery?: readonly string[] | undefined;
  readonly mails: boolean;
}

export const securityBody = ({ text, guard, hasTotp, passkeys, newSecret, recovery, mails }: SecurityPart): Html => html`
<h2>${text.changePassword}</h2><form method="post" action="${at}/password">${guard}
<label for="current">${text.currentPassword}</label><input id="current" name="current" type="password" autocomplete="current-password" required maxlength="200">
<label for="password">${text.newPassword}</label><input id="password" name="password" type="password" autocomplete="new-password" required maxlength="200">
<div class="actions"><button>${text.changePassword}</button></div></form>
<h2>${text.secondFactor}</h2><p>${hasTotp ? text.totpOn : text.totpOff}</p>
${recovery !== undefined && html`<h3>${text.recoveryCodes}</h3><p>${text.recoveryHelp}</p><pre>${recovery.join('\n')}</pre>`}
${newSecret !== undefined && html`<p>${text.totpScan}</p><dl><dt>${text.totpKey}</dt><dd><code>${newSecret.key}</code></dd><dt>URI</dt><dd><code>${newSecret.uri}</code></dd></dl>
<form method="post" action="${at}/totp-confirm">${guard}<label for="code">${text.code}</label><input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required maxlength="10"><div class="actions"><button>${text.next}</button></div></form>`}
${newSecret === undefined && !hasTotp && html`<form method="post" action="${at}/totp-start">${guard}<div class="actions"><button>${text.totpStart}</button></div></form>`}
${hasTotp && html`<form method="post" action="${at}/totp-stop">${guard}<label for="stop">${text.currentPassword}</label><input id="stop" name="current" type="password" autocomplete="current-password" required maxlength="200"><div class="actions"><button class="plain">${text.totpStop}</button></div></form>`}
<h2>${text.passkeys}</h2><ul class="list">${passkeys.map((id) => html`<li><code>${id.slice(0, 12)}…</code><form method="post" action="${at}/passkey-remove">${guard}<input type="hidden" name="passkey" value="${id}"><button class="plain small">${text.removePasskey}</button></form></li>`)}</ul>
<form method="post" action="${at}/passkey-add" data-passkey="create" data-options="${at}/passkey-options">${guard}<input type="hidden" name="answer"><div class="actions"><button class="plain">${text.addPasskey}</button></div></form>
<script src="${mountPath}/passkey.js" defer></script>
${mails && html`<h2>${text.changeEmail}</h2><form method="post" action="${at}/email">${guard}<label for="email">${text.email}</label><input id="email" name="email" type="email" required maxlength="200"><label for="mail-current">${text.currentPassword}</label><input id="mail-current" name="current" type="password" autocomplete="current-password" required maxlength="200"><div class="actions"><button class="plain">${text.changeEmail}</button></div></form>`}`;
