/** Operations, https://hl7.org/fhir/R4/operations.html: what they are; their code stands above and is plugged in. */
import { FhirError } from '../core/error.js';
import { nearName } from '../core/near-name.js';
import type { Context, Interaction, Operation } from './service.js';

/** Performs the operation the URL names; throws `no-such-endpoint` for one that is not there or not at this place. */
export const performOperation: Interaction = async (context) => {
  const operation = operationOf(context);
  if (operation.affectsState && context.request.method !== 'POST') {
    throw new FhirError('method-not-allowed', `$${operation.name} changes something and takes POST only.`, { allow: ['POST'] });
  }
  if (context.request.dryRun === true && operation.affectsState && operation.dryRun !== true) {
    throw new FhirError('not-implemented', `$${operation.name} changes something and cannot be tried: leave X-Dry-Run out. Nothing was done.`, { location: 'http.X-Dry-Run' });
  }
  return operation.handle(context);
};

const operationOf = ({ request, service }: Context): Operation => {
  const name = request.operation ?? '';
  const operation = service.operations.get(name);
  if (operation === undefined) {
    const near = nearName(name, service.operations.keys());
    throw new FhirError('no-such-endpoint', `"$${name.slice(0, 40)}" is not an operation of this server.${near === undefined ? '' : ` Did you mean $${near}?`}`);
  }
  const level = request.type === undefined ? 'system' : request.id === undefined ? 'type' : 'instance';
  if (!operation.levels.includes(level)) throw new FhirError('no-such-endpoint', `$${name} is an operation on ${operation.levels.join(' and ')} level.`);
  if (request.type !== undefined && operation.types?.includes(request.type) === false) {
    throw new FhirError('no-such-endpoint', `$${name} is an operation of ${operation.types.join(', ')}.`);
  }
  return operation;
};
