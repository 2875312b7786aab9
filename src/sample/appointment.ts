/** Appointment on its Slot, and the Encounter that came of it. */
import { instantOf, minutesPerPosition, positionOf, startOf } from './calendar.js';
import { slotMembers } from './clinic.js';
import { coding, concept, hl7, ownIdentifier, reference, snomed, systems } from './coded.js';
import type { PatientRecord } from './record.js';
import { nameOf } from './world.js';
import type { Visit, VisitStatus } from './visit.js';

const slotStatus: Readonly<{ [status in VisitStatus]: string }> = { fulfilled: 'busy', noshow: 'busy', booked: 'busy', pending: 'busy-tentative', cancelled: 'free' };

const minutesOf = ({ place }: PatientRecord, day: number): number => startOf(positionOf(place, day));

/** Adds the slot and the appointment; returns the reference of the appointment. */
export const addAppointment = (record: PatientRecord, { day, status, labs }: Visit): string => {
  const { chart, clinician, patient, name, place, random, illnesses } = record;
  const start = minutesOf(record, day);
  const slot = chart.add('Slot', slotMembers(clinician, { day, position: positionOf(place, day), status: slotStatus[status] }));
  const accepted = status === 'pending' ? 'needs-action' : 'accepted';
  const reason = illnesses.length === 0 ? undefined : illnesses[day % illnesses.length];
  return chart.add('Appointment', {
    identifier: [ownIdentifier('appointment', `${String(clinician.index + 1)}-${String(day)}-${String(place)}`)], status,
    cancelationReason: status === 'cancelled' ? hl7('appointment-cancellation-reason', 'pat', 'Patient') : undefined,
    serviceCategory: [hl7('service-category', '17', 'General Practice')],
    appointmentType: labs ? hl7('v2-0276', 'CHECKUP', 'A routine check-up, such as an annual physical') : hl7('v2-0276', 'FOLLOWUP', 'A follow up visit from a previous appointment'),
    reasonCode: reason === undefined ? [snomed('162673000', 'General examination of patient')] : [snomed(...reason.snomed)],
    description: reason === undefined ? 'Regular examination' : `Follow-up: ${reason.snomed[1]}`,
    start: instantOf(day, start), end: instantOf(day, start + minutesPerPosition), minutesDuration: minutesPerPosition,
    slot: [reference(slot)], created: instantOf(day - random.between(7, 40), start), comment: labs ? 'Please come without having had breakfast.' : undefined,
    participant: [
      { actor: reference(patient, name), required: 'required', status: status === 'cancelled' ? 'declined' : 'accepted' },
      { actor: reference(clinician.reference, nameOf(clinician)), required: 'required', status: accepted },
      { actor: reference(clinician.room), required: 'required', status: 'accepted' },
    ],
  });
};

/** Adds the encounter of a visit that took place; returns its reference. */
export const addEncounter = (record: PatientRecord, { day, labs }: Visit, appointment: string): string => {
  const { chart, clinician, patient, name, random } = record;
  const start = minutesOf(record, day) + random.between(0, 9);
  return chart.add('Encounter', {
    status: 'finished', class: coding(`${systems.terminology}v3-ActCode`, 'AMB', 'ambulatory'),
    type: [labs ? snomed('185349003', 'Encounter for check up') : snomed('390906007', 'Follow-up encounter')],
    serviceType: concept(coding(`${systems.terminology}service-type`, '124', 'General Practice')),
    subject: reference(patient, name),
    participant: [{ type: [hl7('v3-ParticipationType', 'PPRF', 'primary performer')], individual: reference(clinician.reference, nameOf(clinician)) }],
    appointment: [reference(appointment)], period: { start: instantOf(day, start), end: instantOf(day, start + random.between(11, 25)) },
    location: [{ location: reference(clinician.room) }], serviceProvider: reference(clinician.site.organization, clinician.site.name),
  });
};

/** Returns the minute of the day at which a measurement of the visit was taken. */
export const measuredAt = (record: PatientRecord, day: number): string => instantOf(day, minutesOf(record, day) + 5);
