/** Mail to a patient that there is news about their record: where to read it and nothing else, since mail is read by others too. */
import { textsOf } from '../page/layout.js';
import { mountPath } from '../option.js';
import type { Server } from '../server.js';

/** Resolves when it is sent to every account that the patient signs in with; at once where no mail can be sent. Rejects when the mail server refuses. */
export const callPatient = async ({ accounts, mail, options }: Pick<Server, 'accounts' | 'mail' | 'options'>, patient: string): Promise<void> => {
  if (mail === undefined) return;
  const own = (await accounts.all()).filter(({ disabled, fhirUser }) => !disabled && fhirUser === `Patient/${patient}`);
  const [en, zh] = [textsOf('en'), textsOf('zh-Hant')];
  const text = `${en.newsText}\n${zh.newsText}\n\n${options().origin}${mountPath}/account/accesses\n`;
  for (const { email } of own) await mail.send({ to: email, subject: `${en.title}: ${en.news} / ${zh.news}`, text });
};
