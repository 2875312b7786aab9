/** The one script of the pages: it speaks with the authenticator of the browser (https://www.w3.org/TR/webauthn-3/). */

/** Runs in the browser: asks the authenticator when the form is sent, and puts its answer into the form. */
export const passkeyScript = `
'use strict';
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
const ask = async (form) => {
  const guard = form.elements.guard.value;
  const sent = await fetch(form.dataset.options, { method: 'POST', body: new URLSearchParams({ guard }) });
  const options = await sent.json();
  options.challenge = bytes(options.challenge);
  for (const one of options.allowCredentials ?? options.excludeCredentials ?? []) one.id = bytes(one.id);
  if (form.dataset.passkey === 'create') {
    options.user.id = bytes(options.user.id);
    const made = await navigator.credentials.create({ publicKey: options });
    return { id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {}, response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject), transports: made.response.getTransports?.() ?? [] } };
  }
  const made = await navigator.credentials.get({ publicKey: options });
  const { clientDataJSON, authenticatorData, signature, userHandle } = made.response;
  return { id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {}, response: { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature), userHandle: userHandle === null ? undefined : text(userHandle) } };
};
for (const form of document.querySelectorAll('form[data-passkey]')) {
  form.addEventListener('submit', (event) => {
    if (form.elements.answer.value !== '') return;
    event.preventDefault();
    ask(form).then((answer) => JSON.stringify(answer), () => '{}').then((answer) => { form.elements.answer.value = answer; form.submit(); });
  });
}
`;
