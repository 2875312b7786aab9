/** Resolves links between entries of a transaction by fullUrl (https://hl7.org/fhir/R4/bundle.html#references). */
import type { Relink } from './link.js';
import { nameOf } from './transaction-identity.js';
import type { Identity } from './transaction-prepare.js';

interface Target {
  readonly name: string;
  readonly version: number;
}

const restUrl = /^(https?:\/\/.+\/)[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/;
const relative = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

export type Resolve = (...about: [...Parameters<Relink>, fullUrl: string | undefined]) => string | undefined;

/**
 * Returns the resolver: a link to the fullUrl of an entry becomes `Type/id`, with its new version where the link was
 * version-specific and with its fragment. Relative references are read against the base of the entry's own fullUrl.
 */
export const makeResolver = (baseUrl: string, identities: readonly Identity[]): Resolve => {
  const targets = new Map<string, Target>();
  for (const { prepared: { entry }, key, current, found } of identities) {
    if (entry.fullUrl === undefined || key === undefined || entry.method === 'DELETE') continue;
    targets.set(entry.fullUrl, { name: nameOf(key), version: found ? current?.version ?? 1 : (current?.version ?? 0) + 1 });
  }
  const lookUp = (url: string): string | undefined => {
    const exact = targets.get(url);
    if (exact !== undefined) return exact.name;
    if (!/#|\/_history\//.test(url)) return undefined;
    const [whole = '', fragment] = url.split('#', 2);
    const [address = '', version] = whole.split('/_history/', 2);
    const target = targets.get(whole) ?? targets.get(address);
    if (target === undefined) return undefined;
    const versioned = version === undefined || targets.has(whole) ? '' : `/_history/${String(target.version)}`;
    return `${target.name}${versioned}${fragment === undefined ? '' : `#${fragment}`}`;
  };
  return (text, kind, fullUrl) => {
    if (kind !== 'reference' || !relative.test(text)) return lookUp(text);
    const base = fullUrl === undefined ? undefined : restUrl.exec(fullUrl)?.[1];
    return base === undefined ? lookUp(`${baseUrl}/${text}`) : lookUp(base + text);
  };
};
