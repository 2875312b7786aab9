/**
 * Constraints of R4 that are not evaluated as published, each with the reason (https://hl7.org/fhir/R4/conformance-rules.html).
 * Most of the expressions are those HL7's own validator puts in the place of the published ones.
 */
export type Correction =
  | { readonly kind: 'by-code'; readonly reason: string }
  | { readonly kind: 'expression'; readonly expression: string; readonly reason: string }
  | { readonly kind: 'met-when-unknown'; readonly reason: string };

const namePart = "[^\\\\s\\\\.,:;\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}";

const named = ['adf', 'cpb', 'cid', 'csd', 'cpd', 'cmd', 'ees', 'evd', 'evi', 'evv', 'esc', 'gdf', 'ig', 'lib', 'mea', 'msd', 'nsd', 'opd', 'pdf', 'que', 'rsd', 'red', 'rvs', 'spd', 'sdf', 'smp', 'tcp', 'tst', 'vsd'];

/** By `key`, or `path key` where keys are used twice. */
export const corrections: Readonly<Record<string, Correction>> = {
  'ele-1': { kind: 'by-code', reason: 'the structure check refuses an element without value and elements' },
  'ext-1': { kind: 'by-code', reason: 'the structure check wants either a value or extensions' },
  'dom-2': { kind: 'by-code', reason: 'the structure check refuses what is nested in a contained resource' },
  'dom-3': { kind: 'by-code', reason: 'the structure check; as published, the expression applies `as` to a collection, which is an error, and overlooks references to the container' },
  'dom-4': { kind: 'by-code', reason: 'the structure check refuses meta.versionId and meta.lastUpdated in a contained resource' },
  'dom-5': { kind: 'by-code', reason: 'the structure check refuses meta.security in a contained resource' },
  'ref-1': { kind: 'by-code', reason: 'the structure check; as published, the result is empty for a Reference without `reference`, and "#", the container, is not found' },
  'txt-1': { kind: 'by-code', reason: 'the structure check reads the narrative against the allow-list' },
  'txt-2': { kind: 'by-code', reason: 'the structure check; published with the expression of txt-1' },
  'bdl-8': { kind: 'expression', expression: "fullUrl.exists() implies fullUrl.contains('/_history/').not()", reason: 'as published, the result is empty for an entry without fullUrl' },
  'eld-19': { kind: 'expression', expression: `path.matches('^${namePart}(\\\\.${namePart}(\\\\[x\\\\])?(\\\\:[^\\\\s\\\\.]+)?)*$')`, reason: 'published without anchors, so that any text with one good character would do' },
  'eld-20': { kind: 'met-when-unknown', reason: 'published with a pattern that has a lone bracket, and without anchors' },
  'opd-3': { kind: 'expression', expression: "targetProfile.exists() implies (type = 'Reference' or type = 'canonical' or %resourceTypes contains type)", reason: 'a parameter that is a resource may name its profiles' },
  'que-7': { kind: 'expression', expression: "operator = 'exists' implies (answer is boolean)", reason: 'published with the type Boolean of FHIRPath, which no element has' },
  'que-12': { kind: 'expression', expression: 'enableWhen.count() >= 2 implies enableBehavior.exists()', reason: 'the rule is about more than one enableWhen; published as more than two' },
  'ras-2': { kind: 'expression', expression: 'probability.empty() or ((probability is decimal) implies (probability.ofType(decimal) <= 100))', reason: 'as published, the result is empty without a probability' },
  'tim-9': { kind: 'expression', expression: "offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse())", reason: 'as published, `in` is applied to a collection when there are several events' },
  'per-1': { kind: 'met-when-unknown', reason: 'dates of unlike precision cannot be ordered: 2024-05-03 to 2024-05 is a period' },
  'rng-2': { kind: 'met-when-unknown', reason: 'quantities in unlike units are not compared' },
  'mdd-1': { kind: 'met-when-unknown', reason: 'dates of unlike precision cannot be ordered' },
  ...Object.fromEntries(named.map((prefix): [string, Correction] => [`${prefix}-0`, { kind: 'met-when-unknown', reason: 'the rule is about a name that is there; a later version of the specification says so' }])),
  'Task inv-1': { kind: 'met-when-unknown', reason: 'dates of unlike precision cannot be ordered' },
};
