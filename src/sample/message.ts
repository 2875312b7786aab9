/** Secure messages: a conversation is a chain of Communications with one thread identifier; attachments are Binaries. */
import { dateOf, instantOf } from './calendar.js';
import { hl7, ownIdentifier, reference } from './coded.js';
import type { PatientRecord } from './record.js';
import { conversations, type Conversation, type Line } from './vocabulary/conversations.js';
import { nameOf } from './world.js';

/** Adds up to three conversations, spread over the visits; the last line of the last one may still be unread. */
export const addConversations = (record: PatientRecord): void => {
  const { random, seen } = record;
  const topics = random.some(conversations, random.between(1, 3));
  for (const [number, conversation] of topics.entries()) {
    const visit = seen[Math.floor(((number + 1) * seen.length) / (topics.length + 1))];
    if (visit !== undefined) addConversation(record, conversation, visit.day + random.between(1, 5));
  }
};

interface Thread {
  readonly id: string;
  readonly topic: string;
  readonly first?: string;
  readonly previous?: string;
  readonly day: number;
  readonly minutes: number;
  readonly number: number;
}

const addConversation = (record: PatientRecord, { topic, lines }: Conversation, firstDay: number): void => {
  const { world, random } = record;
  let thread: Thread = { id: random.uuid(), topic, day: Math.min(firstDay, world.todayNumber - 1), minutes: random.between(420, 1300), number: 1 };
  for (const line of lines) {
    if (thread.day > world.todayNumber - 1) return;
    const sent = addMessage(record, line, thread);
    thread = { ...thread, first: thread.first ?? sent, previous: sent, day: thread.day + random.between(0, 1), minutes: Math.min(1430, thread.minutes + random.between(15, 120)), number: thread.number + 1 };
  }
};

const addMessage = (record: PatientRecord, line: Line, { id, topic, first, previous, day, minutes, number }: Thread): string => {
  const { chart, patient, name, given, clinician, world } = record;
  const [person, doctor] = [reference(patient, name), reference(clinician.reference, nameOf(clinician))];
  const [sender, recipient] = line.from === 'patient' ? [person, doctor] : [doctor, person];
  const arrived = day < world.todayNumber - 2;
  return chart.add('Communication', {
    identifier: [ownIdentifier('message', `${id}-${String(number)}`), ownIdentifier('thread', id)],
    partOf: first === undefined ? undefined : [reference(first)], inResponseTo: previous === undefined ? undefined : [reference(previous)],
    status: arrived ? 'completed' : 'in-progress', category: [hl7('communication-category', 'notification', 'Notification')], priority: 'routine',
    subject: person, topic: { text: topic }, sent: instantOf(day, minutes), received: arrived ? instantOf(day, minutes + 1) : undefined, sender, recipient: [recipient],
    payload: [{ contentString: line.text.replace('{name}', given) }, ...(line.attachment === undefined ? [] : [{ contentAttachment: addAttachment(record, line.attachment, day) }])],
  });
};

const addAttachment = ({ chart, patient }: PatientRecord, { title, text }: { title: string; text: string }, day: number) => {
  const bytes = Buffer.from(text, 'utf8');
  const binary = chart.add('Binary', { contentType: 'text/plain', securityContext: reference(patient), data: bytes.toString('base64') });
  return { contentType: 'text/plain', url: binary, size: bytes.length, title, creation: dateOf(day) };
};
