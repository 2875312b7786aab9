/** The launch flight recorder as pages, for those who administer the server and, with a link, for the maker of one app. */
import type { Router } from 'express';
import { toInstant } from '../../core/clock.js';
import { isSigned, sign } from '../../core/id.js';
import { roles } from '../account/role.js';
import { mountPath } from '../option.js';
import { html, type Html } from '../page/html.js';
import type { Texts } from '../page/layout.js';
import type { Trace } from '../recorder.js';
import type { Server } from '../server.js';
import { ownPage, sendOwn } from './account.js';
import { pageHandler } from './handler.js';

/** Path of an app's own traces: whoever has it may look. */
export const tracesPath = ({ formSecret }: Pick<Server, 'formSecret'>, client: string): string => `${mountPath}/recorder/${encodeURIComponent(client)}/${sign(formSecret, `recorder ${client}`)}`;

/** Adds the pages. */
export const addRecorder = (router: Router, server: Server): void => {
  router.get('/account/recorder', ownPage(server, async (page, own) => {
    if (!roles[own.account.role].administers) return sendOwn(page, own, { heading: page.text.errorTitle, body: html`` }, { status: 403 });
    const body = html`<p>${page.text.recorderHelp}</p><ul class="list">${(await server.recorder.clients()).map((client) => html`<li><a href="${tracesPath(server, client)}"><code>${client}</code></a></li>`)}</ul>`;
    sendOwn(page, own, { heading: page.text.recorder, body });
  }));
  router.get('/recorder/:client/:mark', pageHandler(server, async (page, next) => {
    const [client, mark] = [String(page.req.params['client']), String(page.req.params['mark'])];
    if (!isSigned(server.formSecret, `recorder ${client}`, mark)) return next();
    page.send({ heading: `${page.text.recorder}: ${client}`, body: html`<p>${page.text.recorderHelp}</p>${(await server.recorder.traces(client)).map((trace) => traceTable(page.text, trace))}` });
  }));
};

const traceTable = (text: Texts, { started, notes }: Trace): Html => html`<h2>${toInstant(started)}</h2><table><thead><tr><th scope="col">ms</th><th scope="col">${text.step}</th><th scope="col">${text.outcome}</th><th scope="col">${text.mend}</th></tr></thead>
<tbody>${notes.map(({ at, step, ok, what, mend }) => html`<tr><td>${String(at - started)}</td><td>${step}</td><td>${ok ? '✓' : '✗'} ${what}</td><td>${mend ?? ''}</td></tr>`)}</tbody></table>`;
