/** Who saw a record, as its patient reads it; each access can be questioned, and the whole taken away. */
import { mountPath } from '../option.js';
import { html, type Html } from './html.js';
import type { Texts } from './layout.js';

export interface ShownAccess {
  /** `AuditEvent/id`. */
  readonly event: string;
  readonly when: string;
  readonly words: string;
  readonly emergency: boolean;
}

export interface AccessesPart {
  readonly text: Texts;
  readonly guard: Html;
  readonly patient: string;
  /** The records that are the person's, by id and name. */
  readonly patients: readonly { readonly id: string; readonly name: string }[];
  readonly accesses: readonly ShownAccess[];
}

const at = `${mountPath}/account/accesses`;

export const accessesBody = ({ text, guard, patient, patients, accesses }: AccessesPart): Html => html`
<p>${text.accessesHelp}</p>
${patients.length > 1 && html`<p>${patients.map(({ id, name }) => html`<a href="${at}?patient=${id}">${id === patient ? html`<strong>${name}</strong>` : name}</a> `)}</p>`}
<p><a class="button" href="${at}.csv?patient=${patient}">${text.accessesDownload}</a></p>
${accesses.length === 0 && html`<p>${text.accessesNone}</p>`}
<ul class="list">${accesses.map(({ event, when, words, emergency }) => html`<li><div>${emergency && html`<strong>${text.accessesEmergency}</strong> `}${words}<small class="note">${when}</small></div>
<form method="post" action="${at}/question">${guard}<input type="hidden" name="patient" value="${patient}"><input type="hidden" name="event" value="${event}"><button class="plain small">${text.accessesQuestion}<span class="skip"> ${when}</span></button></form></li>`)}</ul>`;
