/** Pages around mail: sign-up, reset, what a link does, and the mailbox of the demo. */
import { toInstant } from '../../core/clock.js';
import type { SentMessage } from '../mail/mail.js';
import { mountPath } from '../option.js';
import { html, type Html } from './html.js';
import type { Texts } from './layout.js';

interface Part {
  readonly text: Texts;
  readonly guard: Html;
}

export const resetBody = ({ text, guard }: Part): Html => html`<form method="post" action="${mountPath}/reset">${guard}
<label for="email">${text.email}</label><input id="email" name="email" type="email" autocomplete="username" required maxlength="200"><div class="actions"><button>${text.next}</button></div></form>`;

export const signUpBody = ({ text, guard }: Part): Html => html`<p>${text.signUpHelp}</p><form method="post" action="${mountPath}/sign-up">${guard}
<label for="mrn">${text.mrn}</label><input id="mrn" name="mrn" type="text" required maxlength="100">
<label for="birthDate">${text.birthDate}</label><input id="birthDate" name="birthDate" type="date" autocomplete="bday" required>
<label for="email">${text.email}</label><input id="email" name="email" type="email" autocomplete="email" required maxlength="200"><div class="actions"><button>${text.next}</button></div></form>`;

export const linkPasswordBody = ({ text, guard, at, email }: Part & { readonly at: string; readonly email: string }): Html => html`<form method="post" action="${at}">${guard}
<label for="email">${text.email}</label><input id="email" type="email" autocomplete="username" readonly value="${email}">
<label for="password">${text.newPassword}</label><input id="password" name="password" type="password" autocomplete="new-password" required maxlength="200" autofocus><div class="actions"><button>${text.setPassword}</button></div></form>`;

export const linkConfirmBody = ({ text, guard, at, email }: Part & { readonly at: string; readonly email: string }): Html => html`<p>${email}</p><form method="post" action="${at}">${guard}<div class="actions"><button>${text.changeEmail}</button></div></form>`;

export const mailboxBody = (text: Texts, messages: readonly SentMessage[]): Html => html`<p>${text.mailboxHelp}</p>${messages.length === 0 && html`<p>${text.noMail}</p>`}
${messages.map(({ to, subject, text: body, at }) => html`<h2>${subject}</h2><p class="note">${text.to} ${to} · ${toInstant(at)}</p><pre>${linked(body)}</pre>`)}`;

/** Returns the text with its addresses as links. */
const linked = (text: string): Html => html`${text.split(/(https?:\/\/\S+)/).map((part) => (/^https?:\/\//.test(part) ? html`<a href="${part}">${part}</a>` : part))}`;
