/** Compiles schemas into modules that load on their own: one of the datatypes, one per resource type. */
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { addKeywords } from './keywords.js';
import type { Schema } from './schema.js';

const standaloneCode = (standalone as unknown as { default: (ajv: Ajv, exported: Record<string, string>) => string }).default;

/** Returns a CommonJS module whose `load(checks)` puts a boolean function for each schema into `checks`. */
export const schemaModule = (schemas: ReadonlyMap<string, Schema>): string => {
  const ajv = new Ajv({ strict: false, messages: false, validateSchema: false, meta: false, addUsedSchema: false, inlineRefs: false, code: { source: true, lines: false, optimize: 2 } });
  addKeywords(ajv);
  for (const [name, schema] of schemas) ajv.addSchema(schema, name);
  const code = standaloneCode(ajv, Object.fromEntries([...schemas.keys()].map((name, index) => [`v${String(index)}`, name])));
  const assigned = [...schemas.keys()].map((name, index) => `checks[${JSON.stringify(name)}] = exports.v${String(index)};`);
  return `"use strict";\nmodule.exports.load = (checks) => {\nconst exports = {};\n${code.replace('"use strict";', '')}\n${assigned.join('\n')}\n};\n`;
};
