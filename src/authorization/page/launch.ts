/** The page from which someone who works here opens an app on a patient. */
import type { PatientChoice } from '../launch/data.js';
import { mountPath } from '../option.js';
import { html, type Html } from './html.js';
import type { Texts } from './layout.js';

export interface LaunchPage {
  readonly text: Texts;
  readonly guard: Html;
  readonly patients: readonly PatientChoice[];
  readonly searched: string;
  readonly apps: readonly { readonly id: string; readonly name: string }[];
}

export const launchBody = ({ text, guard, patients, searched, apps }: LaunchPage): Html => html`
<form method="post" action="${mountPath}/account/launch-find">${guard}<label for="name">${text.searchPatient}</label><input id="name" name="name" type="text" maxlength="100" value="${searched}"><div class="actions"><button class="plain">${text.search}</button></div></form>
${apps.length === 0 ? html`<p>${text.noLaunchApps}</p>` : html`<form method="post" action="${mountPath}/account/launch">${guard}
<fieldset><legend>${text.launchPatient}</legend>${patients.length === 0 && html`<p>${text.noPatients}</p>`}${patients.map(({ id, name, birthDate }) => html`<label class="choice"><input type="radio" name="patient" value="${id}" required><span>${name}<small>${birthDate !== undefined && html`${text.bornOn} ${birthDate}`}</small></span></label>`)}</fieldset>
<fieldset><legend>${text.launchApp}</legend>${apps.map(({ id, name }) => html`<label class="choice"><input type="radio" name="app" value="${id}" required><span>${name}</span></label>`)}</fieldset>
<div class="actions"><button>${text.launchOpen}</button></div></form>`}`;
