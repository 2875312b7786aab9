// The little that the examples share: one request, its JSON, and a clear end when it is refused.
export const base = process.env.FHIR_BASE ?? 'http://127.0.0.1:8080/fhir';

/** Returns status, headers and parsed body of one request; `url` is relative to the base. */
export const send = async (method, url, { body, headers = {} } = {}) => {
  const type = method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json';
  const response = await fetch(url.startsWith('http') ? url : `${base}/${url}`, {
    method,
    headers: { accept: 'application/fhir+json', ...(process.env.TOKEN ? { authorization: `Bearer ${process.env.TOKEN}` } : {}), ...(body === undefined ? {} : { 'content-type': type }), ...headers },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text === '' ? undefined : JSON.parse(text) };
};

/** The same, for requests that must succeed. */
export const must = async (...about) => {
  const answer = await send(...about);
  if (answer.status >= 400) throw new Error(`${about[0]} ${about[1]}: ${answer.status} ${answer.json?.issue?.[0]?.diagnostics ?? ''}`);
  return answer;
};
