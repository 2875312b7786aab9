/** The question whether to sign out, when an app asks for it. */
import { html, type Html } from './html.js';
import type { Texts } from './layout.js';

export interface SignOutPage {
  readonly text: Texts;
  readonly guard: Html;
  readonly at: string;
  /** Name of the app that asks. */
  readonly app?: string | undefined;
  readonly client?: string | undefined;
  readonly uri?: string | undefined;
  readonly state?: string | undefined;
}

const hidden = (name: string, value: string | undefined): Html | false => value !== undefined && html`<input type="hidden" name="${name}" value="${value}">`;

export const signOutBody = ({ text, guard, at, app, client, uri, state }: SignOutPage): Html => html`
${app !== undefined && html`<p><strong>${app}</strong> ${text.signOutAsked}</p>`}<p>${text.signOutHelp}</p>
<form method="post" action="${at}">${guard}${hidden('client_id', client)}${hidden('post_logout_redirect_uri', uri)}${hidden('state', state)}
<div class="actions"><button name="sign-out" value="yes">${text.signOut}</button><button class="plain" name="sign-out" value="no">${text.staySignedIn}</button></div></form>`;
