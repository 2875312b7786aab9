/** Names of people and places: common ones, put together at random; nobody in particular is meant. */

export const femaleNames = [
  'Adele', 'Agnes', 'Amara', 'Anita', 'Astrid', 'Beatriz', 'Bridget', 'Camila', 'Carmen', 'Chloe', 'Clara', 'Daniela', 'Deborah', 'Edith', 'Elena', 'Esther', 'Fatima',
  'Fiona', 'Freya', 'Gloria', 'Greta', 'Hana', 'Hannah', 'Ines', 'Ingrid', 'Irene', 'Isabel', 'Jasmine', 'Joanna', 'Josephine', 'Karin', 'Keiko', 'Laila', 'Laura',
  'Leonie', 'Lucia', 'Magda', 'Margaret', 'Marisol', 'Mei', 'Miriam', 'Nadia', 'Naomi', 'Nora', 'Olga', 'Paula', 'Priya', 'Rebecca', 'Renee', 'Rosa', 'Ruth', 'Saskia',
  'Selma', 'Simone', 'Sofia', 'Tamara', 'Teresa', 'Uma', 'Vera', 'Wanda', 'Yara', 'Yvonne', 'Zainab', 'Zoë',
] as const;

export const maleNames = [
  'Aaron', 'Ahmed', 'Albert', 'Alejandro', 'Anders', 'Antonio', 'Arjun', 'Ben', 'Bruno', 'Carlos', 'Cedric', 'Chen', 'Daniel', 'David', 'Diego', 'Edgar', 'Emil', 'Erik',
  'Felix', 'Frank', 'Gabriel', 'George', 'Gustav', 'Hakim', 'Harold', 'Henrik', 'Hugo', 'Ibrahim', 'Isaac', 'Ivan', 'Jamal', 'Jan', 'Jerome', 'Joel', 'Jorge', 'Kenji',
  'Kofi', 'Lars', 'Leon', 'Louis', 'Marco', 'Martin', 'Mateo', 'Milan', 'Nathan', 'Nikhil', 'Oliver', 'Omar', 'Oscar', 'Pablo', 'Patrick', 'Peter', 'Rafael', 'Ravi',
  'Robert', 'Samuel', 'Stefan', 'Theo', 'Tomás', 'Victor', 'Walter', 'Xavier', 'Yusuf', 'Zoltan',
] as const;

export const familyNames = [
  'Abbott', 'Adeyemi', 'Almeida', 'Andersson', 'Bakker', 'Banerjee', 'Barros', 'Becker', 'Bennett', 'Bianchi', 'Blake', 'Campos', 'Castillo', 'Chandra', 'Clarke', 'Costa',
  'Cruz', 'Dalton', 'Demir', 'Diaz', 'Dubois', 'Ellis', 'Eriksen', 'Farouk', 'Fischer', 'Fletcher', 'Fontaine', 'Garcia', 'Gomez', 'Grant', 'Greene', 'Haddad', 'Hansen',
  'Hartmann', 'Hayashi', 'Hughes', 'Ibarra', 'Ivanov', 'Jansen', 'Johansson', 'Kamara', 'Kaplan', 'Keller', 'Khan', 'Kowalski', 'Lambert', 'Larsen', 'Lee', 'Lopez',
  'Marino', 'Martens', 'Mbeki', 'Mendoza', 'Meyer', 'Moreau', 'Mori', 'Morgan', 'Nakamura', 'Nguyen', 'Novak', 'Nowak', 'O’Brien', 'O’Neill', 'Okafor', 'Olsen', 'Ortiz', 'Park',
  'Patel', 'Pereira', 'Petrov', 'Quinn', 'Ramos', 'Reid', 'Reyes', 'Ricci', 'Rivera', 'Rossi', 'Sato', 'Schneider', 'Sharma', 'Silva', 'Singh', 'Soto', 'Suzuki', 'Tan',
  'Torres', 'Vargas', 'Vasquez', 'Vogel', 'Wagner', 'Walsh', 'Weber', 'Wong', 'Yilmaz', 'Young', 'Zhang', 'Zimmermann',
] as const;

export const streets = ['Alder Lane', 'Birch Street', 'Canal Road', 'Chestnut Avenue', 'Church Street', 'Garden Row', 'Harbor Street', 'Hill Road', 'Lake View', 'Market Street', 'Mill Lane', 'Orchard Way', 'Park Avenue', 'Quarry Road', 'River Walk', 'School Lane', 'Station Road', 'Willow Close'] as const;

export interface Town {
  readonly city: string;
  readonly state: string;
  readonly postalCode: string;
}

/** Towns that do not exist, with postal codes that are not given out. */
export const towns: readonly Town[] = [
  { city: 'Alderbrook', state: 'MA', postalCode: '00101' }, { city: 'Port Ellery', state: 'MA', postalCode: '00102' }, { city: 'Westmere', state: 'MA', postalCode: '00103' },
  { city: 'Oak Hollow', state: 'MA', postalCode: '00104' }, { city: 'Northgate Falls', state: 'MA', postalCode: '00105' }, { city: 'Saint Rowan', state: 'MA', postalCode: '00106' },
];

export interface Specialty {
  readonly code: string;
  readonly display: string;
  /** What the clinician is called. */
  readonly role: string;
}

/** SNOMED CT clinical specialties. */
export const specialties: readonly Specialty[] = [
  { code: '394814009', display: 'General practice', role: 'General practitioner' },
  { code: '419192003', display: 'Internal medicine', role: 'Internist' },
  { code: '394579002', display: 'Cardiology', role: 'Cardiologist' },
  { code: '394583002', display: 'Endocrinology', role: 'Endocrinologist' },
  { code: '418112009', display: 'Pulmonary medicine', role: 'Pulmonologist' },
];
