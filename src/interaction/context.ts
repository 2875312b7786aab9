/** One request on its way through an interaction: who asks, what for, and what the server has. */
import type { Context } from './service.js';

export type { Context, Interaction, Perform } from './service.js';

/** Returns the type the URL names; routes guarantee one for every interaction that calls this. */
export const typeOf = ({ request }: Context): string => {
  if (request.type === undefined) throw new Error(`${request.interaction} was routed without a type`);
  return request.type;
};

/** Returns type and id the URL names; routes guarantee them for every interaction that calls this. */
export const keyOf = (context: Context): { type: string; id: string } => {
  const { id } = context.request;
  if (id === undefined) throw new Error(`${context.request.interaction} was routed without an id`);
  return { type: typeOf(context), id };
};
