/** Messages between patients and their clinicians: who writes first, and what. `{name}` is the patient's given name. */

export interface Line {
  readonly from: 'patient' | 'clinician';
  readonly text: string;
  readonly attachment?: { readonly title: string; readonly text: string };
}

export interface Conversation {
  readonly topic: string;
  readonly lines: readonly Line[];
}

export const conversations: readonly Conversation[] = [
  {
    topic: 'Question about medication',
    lines: [
      { from: 'patient', text: 'Good morning. I forgot my tablet last night. Should I take two today?' },
      { from: 'clinician', text: 'Good morning {name}. Please do not take two: take the next one at its usual time.' },
      { from: 'patient', text: 'Thank you, that is good to know.' },
    ],
  },
  {
    topic: 'Laboratory results',
    lines: [
      { from: 'clinician', text: 'Hello {name}, your new results are in. I have attached a short explanation.', attachment: { title: 'Your results explained', text: 'Most of your values lie within their reference range. Those outside are marked in the report; we will speak about them at your next visit.' } },
      { from: 'patient', text: 'I have read it. Is there anything I should change before the next visit?' },
      { from: 'clinician', text: 'Keep going as we agreed. We will measure again in three months.' },
    ],
  },
  {
    topic: 'Home measurements',
    lines: [
      { from: 'patient', text: 'Here is my diary of the last two weeks.', attachment: { title: 'Diary', text: 'Mon 132/84, Wed 128/82, Fri 135/86, Mon 127/80, Wed 129/83, Fri 126/81' } },
      { from: 'clinician', text: 'Thank you, {name}. These look better than last month.' },
    ],
  },
  {
    topic: 'Moving an appointment',
    lines: [
      { from: 'patient', text: 'I cannot come on the day we arranged. Is there anything free in the week after?' },
      { from: 'clinician', text: 'There is. Please choose a free time in the app, and the old one will be released.' },
    ],
  },
  {
    topic: 'Side effects',
    lines: [
      { from: 'patient', text: 'Since the new medicine I have a dry cough at night. Can that be from it?' },
      { from: 'clinician', text: 'It can, {name}. Please come in this week, so that we can look at it.' },
      { from: 'patient', text: 'I have booked for Thursday. Thank you.' },
    ],
  },
];
