/** AuditEvent/$checkpoint, $inclusion-proof, $consistency-proof: what an auditor checks the journal with (https://www.rfc-editor.org/rfc/rfc9162). */
import type { Journal } from '../../audit/journal.js';
import type { Checkpoint } from '../../audit/checkpoint.js';
import { FhirError } from '../../core/error.js';
import type { Context } from '../../interaction/context.js';
import { isBoundByToken } from '../../interaction/gate.js';
import type { Operation } from '../../interaction/service.js';
import { answerPart, parametersText, readParameters, type ParameterRules } from '../parameters.js';

type OpenJournal = () => Promise<Journal>;

const inclusionRules: ParameterRules = { number: { kind: 'integer' }, size: { kind: 'integer' } };
const consistencyRules: ParameterRules = { from: { kind: 'integer' }, size: { kind: 'integer' } };

/** Returns the three operations. */
export const makeProofOperations = (open: OpenJournal): readonly Operation[] => [
  operation('checkpoint', {}, async (_context, journal) => parametersText([...checkpointParts(await signed(journal)), ...answerPart('publicKey', 'valueString', journal.publicKey)])),
  operation('inclusion-proof', inclusionRules, async (context, journal) => {
    const given = readParameters(context, inclusionRules);
    const checkpoint = await signed(journal);
    const [number, size] = [given.count('number'), given.count('size') ?? checkpoint.size];
    const proof = number === undefined ? undefined : journal.inclusion(number, size);
    if (number === undefined || proof === undefined) throw new FhirError('invalid-parameter', `number names a record, from 1 to ${String(checkpoint.size)}; size, where given, is of a checkpoint that has it.`, { location: 'http.number' });
    const [record] = await context.service.store.records('audit', number - 1, 1);
    if (record?.number !== number) throw new FhirError('not-found', 'The record was removed at the end of its time; its hash is still in the tree.');
    return parametersText([
      ...checkpointParts(checkpoint), ...answerPart('number', 'valueInteger', number), ...answerPart('treeSize', 'valueInteger', size),
      ...answerPart('record', 'valueBase64Binary', Buffer.from(record.text).toString('base64')), ...proof.flatMap((hash) => answerPart('hash', 'valueBase64Binary', hash)),
    ]);
  }),
  operation('consistency-proof', consistencyRules, async (context, journal) => {
    const given = readParameters(context, consistencyRules);
    const checkpoint = await signed(journal);
    const [from, size] = [given.count('from'), given.count('size') ?? checkpoint.size];
    const proof = from === undefined ? undefined : journal.consistency(from, size);
    if (from === undefined || proof === undefined) throw new FhirError('invalid-parameter', `from is the size of an earlier checkpoint, at most ${String(checkpoint.size)}.`, { location: 'http.from' });
    return parametersText([...checkpointParts(checkpoint), ...answerPart('from', 'valueInteger', from), ...answerPart('treeSize', 'valueInteger', size), ...proof.flatMap((hash) => answerPart('hash', 'valueBase64Binary', hash))]);
  }),
].map((make) => make(open));

const operation = (name: string, rules: ParameterRules, body: (context: Context, journal: Journal) => Promise<string>) => (open: OpenJournal): Operation => ({
  name, definition: `https://concierge-fhir.example.org/OperationDefinition/AuditEvent-${name}`, levels: ['type'], types: ['AuditEvent'], affectsState: false, parameters: Object.keys(rules),
  handle: async (context) => {
    // How much is recorded tells of others; it is for who sees all of the audit.
    if (isBoundByToken(context, 'AuditEvent')) throw new FhirError('forbidden', `$${name} is for those who see the whole audit.`);
    return { status: 200, body: await body(context, await open()) };
  },
});

/** Whatever is recorded is signed before it is proved. */
const signed = async (journal: Journal): Promise<Checkpoint> => {
  await journal.follow(true);
  const checkpoint = journal.checkpoint();
  if (checkpoint === undefined) throw new FhirError('not-found', 'Nothing is recorded yet.');
  return checkpoint;
};

const checkpointParts = ({ origin, size, root, time, key, signature }: Checkpoint) => [
  ...answerPart('origin', 'valueUrl', origin), ...answerPart('size', 'valueInteger', size), ...answerPart('root', 'valueBase64Binary', root),
  ...answerPart('time', 'valueInstant', time), ...answerPart('key', 'valueString', key), ...answerPart('signature', 'valueBase64Binary', signature),
];
