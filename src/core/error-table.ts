/**
 * The closed set of errors this server answers with. Each code is stable and documented: clients may branch on it.
 * `issue` is a code of http://hl7.org/fhir/R4/valueset-issue-type.html; the docs' table is generated from this file.
 */
export interface ErrorRow {
  /** HTTP status of the answer. */
  readonly status: number;
  /** OperationOutcome.issue.code. */
  readonly issue: string;
  /** What happened, for the documentation. */
  readonly meaning: string;
  /** What the caller does about it, for the documentation. */
  readonly mend: string;
}

const row = (status: number, issue: string, meaning: string, mend: string): ErrorRow => ({ status, issue, meaning, mend });

export const errorTable = {
  'malformed-request': row(400, 'structure', 'The HTTP message, its URL or its encoding cannot be read.', 'Send a well-formed HTTP/1.1 request; encode the URL and forms in UTF-8 with percent signs.'),
  'malformed-json': row(400, 'structure', 'The body is not JSON as RFC 8259 defines it.', 'Mend the text at the line and column named.'),
  'malformed-xml': row(400, 'structure', 'The body is not well-formed FHIR XML.', 'Mend the text at the line and column named.'),
  'duplicate-key': row(400, 'structure', 'A JSON object names the same member twice.', 'Keep one of the two members.'),
  'forbidden-key': row(400, 'structure', 'A JSON object has a member name that no FHIR resource has and that is unsafe to process.', 'Remove the member.'),
  'too-deep': row(400, 'too-long', 'The body is nested deeper than the server reads.', 'Flatten the content; no FHIR resource needs this depth.'),
  'empty-body': row(400, 'required', 'The interaction needs a body and none was sent.', 'Send the resource in the body.'),
  'wrong-resource-type': row(400, 'invalid', 'resourceType is missing or not the type of the URL.', 'Send the resource to the URL of its own type.'),
  'unknown-type': row(404, 'not-supported', 'The URL names a resource type that FHIR R4 does not define.', 'Use a resource type of FHIR R4, with its exact case.'),
  'id-mismatch': row(400, 'invalid', 'The id in the body is missing or differs from the id in the URL.', 'Make both ids the same.'),
  'invalid-id': row(400, 'value', 'An id is not 1 to 64 characters of A-Z a-z 0-9 - and dot.', 'Use an id of the allowed form.'),
  'invalid-resource': row(422, 'invalid', 'The resource breaks a rule of FHIR R4 or of a profile that is enforced.', 'Mend the elements the issues name.'),
  'invalid-structure': row(400, 'structure', 'The resource is not shaped as FHIR R4 defines it.', 'Mend the elements the issues name.'),
  'unknown-parameter': row(400, 'not-supported', 'A parameter of the URL is not known here.', 'Remove it, correct its name, or send Prefer: handling=lenient to have it ignored.'),
  'invalid-parameter': row(400, 'value', 'The value of a parameter cannot be read.', 'Use the form the message names.'),
  'unsupported-modifier': row(400, 'not-supported', 'The modifier or prefix is not defined for this parameter.', 'Use one of the modifiers the message names.'),
  'invalid-header': row(400, 'value', 'The value of a header cannot be read.', 'Use the form the message names.'),
  'invalid-bundle': row(400, 'invalid', 'The Bundle cannot be processed as a batch or transaction.', 'Mend the entry the message names.'),
  'invalid-patch': row(422, 'processing', 'The patch cannot be applied to this resource.', 'Read the resource again and make the patch for its present content.'),
  'malformed-patch': row(400, 'structure', 'The body is not a patch document of the type its Content-Type names.', 'Send a JSON Patch array (RFC 6902) or a FHIRPath Patch Parameters resource.'),
  'invalid-expression': row(422, 'invalid', 'An expression of the request is no FHIRPath, fails, or needs more time or memory than an expression is given.', 'Correct the expression the message names, or use a plainer one.'),
  'page-expired': row(410, 'expired', 'The page link is no longer valid.', 'Start the search again.'),
  'unauthorized': row(401, 'login', 'The request carries no access token that is valid here.', 'Sign in and send a current access token.'),
  'forbidden': row(403, 'forbidden', 'The token does not allow this interaction.', 'Ask for a scope that allows it.'),
  'not-found': row(404, 'not-found', 'There is no such resource.', 'Check the type and the id.'),
  'version-not-found': row(404, 'not-found', 'The resource has no such version.', 'Ask for the history to see its versions.'),
  'no-such-endpoint': row(404, 'not-found', 'The URL is not one this server answers.', 'See /fhir/metadata for what it does.'),
  'method-not-allowed': row(405, 'not-supported', 'The URL does not take this HTTP method.', 'Use a method the Allow header names.'),
  'not-acceptable': row(406, 'not-supported', 'None of the formats in Accept or _format can be produced.', 'Ask for application/fhir+json or application/fhir+xml.'),
  'request-timeout': row(408, 'timeout', 'The request did not arrive whole in the time the server waits.', 'Send it again, faster or in parts.'),
  'version-conflict': row(409, 'conflict', 'The resource changed while this request was processed.', 'Read it again and repeat the request.'),
  'still-referenced': row(409, 'conflict', 'Other resources refer to this one and referential integrity is enforced.', 'Remove the references first, or delete all in one transaction.'),
  'idempotency-conflict': row(409, 'duplicate', 'The Idempotency-Key was used before with another request.', 'Use a new key for a new request.'),
  'client-ids-forbidden': row(405, 'not-supported', 'This server assigns ids itself: a PUT cannot create.', 'POST the resource to its type.'),
  'deleted': row(410, 'deleted', 'The resource was deleted.', 'Its former versions are in its history.'),
  'precondition-failed': row(412, 'conflict', 'If-Match names another version than the current one.', 'Read the resource again and repeat with its ETag.'),
  'multiple-matches': row(412, 'multiple-matches', 'The criteria match more than one resource.', 'Make the criteria more selective.'),
  'criteria-missing': row(412, 'required', 'A conditional interaction needs at least one search parameter.', 'Give a parameter that selects the resource.'),
  'body-too-large': row(413, 'too-long', 'The body is larger than the server reads.', 'Split it; the limit is in the message.'),
  'too-many-entries': row(413, 'too-long', 'The Bundle has more entries than the server processes in one request.', 'Split it; the limit is in the message.'),
  'unsupported-media-type': row(415, 'not-supported', 'The Content-Type, charset or Content-Encoding of the body is not read here.', 'Send application/fhir+json or application/fhir+xml in UTF-8.'),
  'expectation-failed': row(417, 'not-supported', 'The Expect header asks for something this server does not do.', 'Leave the header out; 100-continue is known.'),
  'unresolved-reference': row(422, 'not-found', 'A reference points to nothing and referential integrity is enforced.', 'Create the target first, or in the same transaction.'),
  'business-rule': row(422, 'business-rule', 'A rule of this server forbids the request.', 'The message names the rule.'),
  'terminology-unknown': row(422, 'not-supported', 'A code system or value set cannot be worked with because its content is not loaded.', 'Load it as the message says: store the resource, add its package, import its files, or name a terminology server.'),
  'invalid-value-set': row(422, 'invalid', 'The definition of a value set, code system or concept map cannot be worked with.', 'Mend what the message names.'),
  'precondition-required': row(428, 'required', 'This server is set to require If-Match on updates.', 'Send If-Match with the ETag of the version you read.'),
  'throttled': row(429, 'throttled', 'Too many requests.', 'Wait as Retry-After says and repeat.'),
  'header-too-large': row(431, 'too-long', 'The request header is larger than the server reads.', 'Send fewer or shorter headers; long searches go to POST _search.'),
  'internal': row(500, 'exception', 'The server failed. Nothing was stored.', 'Repeat; if it stays, give the operator the request id.'),
  'not-implemented': row(501, 'not-supported', 'This server does not do that.', 'See /fhir/metadata for what it does.'),
  'store-unavailable': row(503, 'transient', 'The store cannot answer now.', 'Repeat after the time Retry-After names.'),
  'store-moved': row(503, 'transient', 'The data of this server has moved to another store, from which it is served now.', 'Go to the address the operator names; the operator sets STORE_URL to the new store and starts the server again.'),
  'overloaded': row(503, 'throttled', 'The server has more work than it can take.', 'Repeat after the time Retry-After names.'),
  'parameter-pending': row(503, 'transient', 'A search parameter that was stored a moment ago is still being indexed.', 'Repeat after the time Retry-After names; the message says how far it is.'),
  'shutting-down': row(503, 'transient', 'The server is stopping.', 'Repeat after the time Retry-After names.'),
  'too-costly': row(403, 'too-costly', 'The request would cost more than the server allows.', 'Narrow it as the message says.'),
  'store-full': row(507, 'no-store', 'There is no space left to store this. Nothing was stored.', 'The operator makes space; then repeat.'),
} as const satisfies Record<string, ErrorRow>;

/** A stable, documented error code. */
export type ErrorCode = keyof typeof errorTable;
