/** The pages that come between sign-in and the app: whose record, and what the app may do. */
import type { Scope } from '../../access/scope.js';
import type { EncounterChoice, PatientChoice } from '../launch/data.js';
import { html, type Html } from './html.js';
import type { Language, Texts } from './layout.js';
import { scopeWords } from './scope-words.js';

interface Posted {
  readonly text: Texts;
  readonly guard: Html;
  readonly at: string;
}

export interface PickerPage extends Posted {
  readonly patients: readonly PatientChoice[];
  /** Id of the patient that is the person themselves. */
  readonly own?: string | undefined;
  /** What was searched; undefined where there is nothing to search. */
  readonly searched?: string | undefined;
}

export const patientPickerBody = ({ text, guard, at, patients, own, searched }: PickerPage): Html => html`
${searched !== undefined && html`<form method="post" action="${at}/find">${guard}<label for="name">${text.searchPatient}</label><input id="name" name="name" type="text" maxlength="100" value="${searched}"><div class="actions"><button class="plain">${text.search}</button></div></form>`}
<form method="post" action="${at}/patient">${guard}
<fieldset><legend class="note">${text.choosePatient}</legend>${patients.length === 0 && html`<p>${text.noPatients}</p>`}
${patients.map(({ id, name, birthDate }) => html`<label class="choice"><input type="radio" name="patient" value="${id}" required><span>${name}${id === own && html` (${text.yourself})`}<small>${birthDate !== undefined && html`${text.bornOn} ${birthDate}`}</small></span></label>`)}
</fieldset><div class="actions">${patients.length > 0 && html`<button>${text.next}</button>`}<button class="plain" formaction="${at}/cancel" formnovalidate>${text.cancel}</button></div></form>`;

export const encounterPickerBody = ({ text, guard, at, encounters }: Posted & { readonly encounters: readonly EncounterChoice[] }): Html => html`
<form method="post" action="${at}/encounter">${guard}<fieldset><legend class="note">${text.scopeLaunch}</legend>
${encounters.map(({ id, words }) => html`<label class="choice"><input type="radio" name="encounter" value="${id}" required><span>${words}</span></label>`)}
</fieldset><div class="actions"><button>${text.next}</button><button class="plain" formaction="${at}/cancel" formnovalidate>${text.cancel}</button></div></form>`;

export interface ConsentPage extends Posted {
  readonly language: Language;
  readonly app: string;
  /** Host that the person is sent to. */
  readonly host: string;
  readonly launch: readonly string[];
  readonly clinical: readonly Scope[];
  readonly patient?: PatientChoice | undefined;
}

/** What a launch scope means. */
const launchWords = (scope: string, text: Texts): string => {
  switch (scope) {
    case 'openid':
      return text.scopeOpenid;
    case 'fhirUser':
      return text.scopeOpenidHelp;
    case 'profile':
      return text.scopeProfile;
    case 'offline_access':
      return text.scopeOffline;
    case 'online_access':
      return text.scopeOnline;
    default:
      return text.scopeLaunch;
  }
};

const durationOf = (launch: readonly string[], text: Texts): string =>
  launch.includes('offline_access') ? text.durationOffline : launch.includes('online_access') ? text.durationOnline : text.durationHour;

export const consentBody = ({ text, guard, at, language, app, host, launch, clinical, patient }: ConsentPage): Html => html`
<p><strong>${app}</strong> (${host}) ${text.consentIntro}</p>
<dl>${patient !== undefined && html`<dt>${text.consentPatient}</dt><dd>${patient.name}${patient.birthDate !== undefined && html`, ${text.bornOn} ${patient.birthDate}`}</dd>`}<dt>${text.consentFor}</dt><dd>${durationOf(launch, text)}</dd></dl>
<form method="post" action="${at}/consent">${guard}<fieldset><legend class="note">${text.consentTitle}</legend>
${clinical.map((scope) => choice(scope.text, scopeWords(scope, text, language)))}${launch.map((scope) => choice(scope, launchWords(scope, text)))}
</fieldset><div class="actions"><button>${text.allow}</button><button class="plain" formaction="${at}/cancel" formnovalidate>${text.deny}</button></div></form>`;

const choice = (scope: string, words: string): Html =>
  html`<label class="choice"><input type="checkbox" name="scope" value="${scope}" checked><span>${words}<small><code>${scope}</code></small></span></label>`;
