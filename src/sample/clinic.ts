/** The places and the people who work there: Organization, Location, Practitioner, PractitionerRole, Schedule and free Slots. */
import { instantOf, isWeekday, minutesPerPosition, positionOf, positionsPerDay, startOf } from './calendar.js';
import { coding, concept, hl7, ownIdentifier, reference, snomed, systems } from './coded.js';
import { visitsOf } from './visit.js';
import { makeRandom } from './random.js';
import { Chart, nameOf, panelSize, type Clinician, type SampleGroup, type Site, type World } from './world.js';

/** Days ahead in which free times are offered. */
const offeredDays = 14;

/** Returns the organization of a site and its rooms. */
export const siteGroup = (site: Site, index: number): SampleGroup => {
  const chart = new Chart(() => { throw new Error('ids of a site are fixed'); });
  const address = [{ use: 'work', line: [`${String(10 + index)} Station Road`], ...site.town, country: 'US' }];
  const phone = { system: 'phone', value: '555-0100', use: 'work' };
  chart.addAs(site.organization, {
    identifier: [ownIdentifier('organization', `ORG-${String(index + 1)}`)], active: true, type: [hl7('organization-type', 'prov', 'Healthcare Provider')],
    name: site.name, telecom: [phone, { system: 'email', value: 'desk@clinic.example.org', use: 'work' }], address,
  });
  for (const [room, place] of site.rooms.entries()) {
    chart.addAs(place, {
      identifier: [ownIdentifier('room', `ORG-${String(index + 1)}-${String(room + 1)}`)], status: 'active', name: `${site.name}, room ${String(room + 1)}`, mode: 'instance',
      type: [hl7('v3-RoleCode', 'PROFF', "Provider's Office")], telecom: [phone], address: address[0],
      physicalType: hl7('location-physical-type', 'ro', 'Room'), managingOrganization: reference(site.organization, site.name),
    });
  }
  return { kind: 'site', resources: chart.resources };
};

/** Returns one clinician with role, schedule and the free times of the coming days. */
export const clinicianGroup = (world: World, clinician: Clinician): SampleGroup => {
  const random = makeRandom(world.seed, 4, clinician.index);
  const chart = new Chart(() => random.uuid());
  const name = nameOf(clinician);
  const { site, specialty } = clinician;
  const number = String(clinician.index + 1).padStart(6, '0');
  const telecom = [{ system: 'phone', value: '555-0101', use: 'work' }, { system: 'email', value: `clinician${number}@clinic.example.org`, use: 'work' }];
  chart.addAs(clinician.reference, {
    identifier: [ownIdentifier('staff', `S-${number}`)], active: true, name: [{ use: 'official', family: clinician.family, given: [clinician.given], prefix: ['Dr.'] }],
    telecom, gender: clinician.female ? 'female' : 'male', qualification: [{ code: hl7('v2-0360', 'MD', 'Doctor of Medicine') }],
  });
  chart.addAs(clinician.role, {
    active: true, practitioner: reference(clinician.reference, name), organization: reference(site.organization, site.name),
    code: [hl7('practitioner-role', 'doctor', 'Doctor')], specialty: [snomed(specialty.code, specialty.display)], location: [reference(clinician.room)], telecom,
    availableTime: [{ daysOfWeek: ['mon', 'tue', 'wed', 'thu', 'fri'], availableStartTime: '08:00:00', availableEndTime: '17:00:00' }],
  });
  chart.addAs(clinician.schedule, {
    active: true, serviceCategory: [hl7('service-category', '17', 'General Practice')], specialty: [snomed(specialty.code, specialty.display)],
    actor: [reference(clinician.reference, name), reference(clinician.role), reference(clinician.room)],
    planningHorizon: { start: instantOf(world.firstDay, 0), end: instantOf(world.todayNumber + 90, 0) },
  });
  addFreeSlots(world, clinician, chart);
  return { kind: 'clinician', resources: chart.resources };
};

const addFreeSlots = (world: World, clinician: Clinician, chart: Chart): void => {
  const taken = takenPositions(world, clinician.index);
  for (let day = world.todayNumber + 1; day <= world.todayNumber + offeredDays; day += 1) {
    if (!isWeekday(day)) continue;
    for (let position = 0; position < positionsPerDay; position += 1) {
      if (!taken.has(day * positionsPerDay + position)) chart.add('Slot', slotMembers(clinician, { day, position, status: 'free' }));
    }
  }
};

const takenPositions = (world: World, clinician: number): ReadonlySet<number> => {
  const taken = new Set<number>();
  for (let place = 0; place < panelSize && clinician * panelSize + place < world.patients; place += 1) {
    for (const { day } of visitsOf(world, clinician * panelSize + place)) {
      if (day > world.todayNumber) taken.add(day * positionsPerDay + positionOf(place, day));
    }
  }
  return taken;
};

/** Returns the members of a Slot of the clinician's schedule. */
export const slotMembers = (clinician: Clinician, slot: { day: number; position: number; status: string }) => {
  const start = startOf(slot.position);
  return {
    identifier: [ownIdentifier('slot', `${String(clinician.index + 1)}-${String(slot.day)}-${String(slot.position)}`)],
    serviceType: [concept(coding(`${systems.terminology}service-type`, '124', 'General Practice'))],
    specialty: [snomed(clinician.specialty.code, clinician.specialty.display)],
    schedule: reference(clinician.schedule), status: slot.status, start: instantOf(slot.day, start), end: instantOf(slot.day, start + minutesPerPosition),
  };
};
