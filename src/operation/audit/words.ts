/** One access in the words of the person whose record it is about, in the languages that pages have. */
import { FhirError } from '../../core/error.js';
import type { Access } from './access.js';

export type WordLanguage = 'en' | 'zh-Hant';

type Names = Readonly<Partial<Record<string, string>>>;

interface Words {
  /** What entries of a record are called, by type; `entry` for the others. */
  readonly things: Names;
  readonly entry: (type: string) => string;
  readonly record: string;
  readonly and: string;
  readonly verbs: Names;
  readonly purposes: Names;
  readonly nobody: string;
  readonly somebody: string;
  readonly program: (app: string) => string;
  readonly works: (name: string, organization: string) => string;
  readonly copied: (interaction: string) => string;
  readonly did: (verb: string, what: string) => string;
  readonly used: (operation: string) => string;
  readonly searched: string;
  readonly broken: string;
  readonly reason: (text: string) => string;
  readonly sentence: (parts: { readonly who: string; readonly what: string; readonly app: string | undefined; readonly broken: string; readonly why: string; readonly reason: string }) => string;
}

const english: Words = {
  things: {
    Patient: 'your personal details', Observation: 'a measurement or finding', Condition: 'a diagnosis', MedicationRequest: 'a prescription', MedicationStatement: 'a medicine that you take',
    Encounter: 'a visit', Appointment: 'an appointment', DocumentReference: 'a document', DiagnosticReport: 'a report', Immunization: 'a vaccination', AllergyIntolerance: 'an allergy',
    Procedure: 'a procedure', CarePlan: 'a care plan', CareTeam: 'your care team', Consent: 'a consent of yours', Coverage: 'your insurance', Communication: 'a message',
  },
  entry: (type) => `an entry of your record (${type})`, record: 'your record', and: ' and ',
  verbs: { C: 'added', R: 'looked at', U: 'changed', D: 'deleted' },
  purposes: { TREAT: 'to treat you', ETREAT: 'to treat you in an emergency', HPAYMT: 'for payment', HOPERAT: 'to run the clinic', PATRQT: 'at your request', HRESCH: 'for research', PUBHLTH: 'for public health', FAMRQT: 'at the request of your family' },
  nobody: 'Someone who did not sign in', somebody: 'A person with an account here',
  program: (app) => `The program "${app}"`, works: (name, organization) => `${name} (${organization})`,
  copied: (interaction) => `The operator of this server copied the records of all patients, yours among them (${interaction}).`,
  did: (verb, what) => `${verb} ${what}`, used: (operation) => `used ${operation} on your record`, searched: 'searched, and your record was among what was found',
  broken: ' in an emergency, past the usual limits (break-glass)', reason: (text) => `, giving as the reason: "${text}"`,
  sentence: ({ who, what, app, broken, why, reason }) => `${who} ${what}${app === undefined ? '' : ` with the app "${app}"`}${broken}${why === '' ? '' : ` ${why}`}${reason}.`,
};

const chinese: Words = {
  things: {
    Patient: '您的個人資料', Observation: '一項測量或檢查結果', Condition: '一項診斷', MedicationRequest: '一張處方', MedicationStatement: '您服用的一種藥物',
    Encounter: '一次就診', Appointment: '一次預約', DocumentReference: '一份文件', DiagnosticReport: '一份報告', Immunization: '一次疫苗接種', AllergyIntolerance: '一項過敏',
    Procedure: '一項處置', CarePlan: '一份照護計畫', CareTeam: '您的照護團隊', Consent: '您的一份同意書', Coverage: '您的保險', Communication: '一則訊息',
  },
  entry: (type) => `您病歷中的一筆資料（${type}）`, record: '您的病歷', and: '和',
  verbs: { C: '新增了', R: '查看了', U: '變更了', D: '刪除了' },
  purposes: { TREAT: '為您治療', ETREAT: '在緊急情況下為您治療', HPAYMT: '處理付款', HOPERAT: '診所營運', PATRQT: '應您的要求', HRESCH: '研究', PUBHLTH: '公共衛生', FAMRQT: '應您家人的要求' },
  nobody: '一位未登入者', somebody: '一位在此有帳號的人',
  program: (app) => `程式「${app}」`, works: (name, organization) => `${name}（${organization}）`,
  copied: (interaction) => `本伺服器的管理者複製了所有病人的病歷，其中包括您的病歷（${interaction}）。`,
  did: (verb, what) => `${verb}${what}`, used: (operation) => `對您的病歷使用了 ${operation}`, searched: '進行了搜尋，您的病歷在搜尋結果之中',
  broken: '，此為緊急情況下越過一般限制的存取（break-glass）', reason: (text) => `，所述理由：「${text}」`,
  sentence: ({ who, what, app, broken, why, reason }) => `${who}${app === undefined ? '' : `以應用程式「${app}」`}${what}${broken}${why === '' ? '' : `，目的：${why}`}${reason}。`,
};

const words: Readonly<Record<WordLanguage, Words>> = { en: english, 'zh-Hant': chinese };

/** Returns the language that a parameter names: English when absent; throws `invalid-parameter` for one that there are no words in. */
export const languageOf = (named: string | undefined): WordLanguage => {
  if (named === undefined || named === 'en') return 'en';
  if (named === 'zh-Hant' || named === 'zh-TW') return 'zh-Hant';
  throw new FhirError('invalid-parameter', 'language is en or zh-Hant.', { location: 'http.language' });
};

/** Returns a sentence: who, what, with which app, why. */
export const wordsOf = (access: Access, language: WordLanguage = 'en'): string => {
  const said = words[language];
  const { isExport, interaction, app, person, emergency, purposes, reason } = access;
  if (isExport) return said.copied(interaction ?? 'export');
  return said.sentence({
    who: whoOf(said, access), what: whatOf(said, access), app: person === undefined ? undefined : app,
    broken: emergency && purposes.includes('BTG') ? said.broken : '',
    why: purposes.flatMap((code) => said.purposes[code] ?? []).join(said.and), reason: reason === undefined ? '' : said.reason(reason),
  });
};

const whoOf = (said: Words, { person, app }: Access): string => {
  if (person === undefined) return app === undefined ? said.nobody : said.program(app);
  const name = person.name ?? person.reference ?? said.somebody;
  return person.organization === undefined ? name : said.works(name, person.organization);
};

const whatOf = (said: Words, { action, what, search }: Access): string => {
  const verb = said.verbs[action];
  if (verb === undefined) return search?.includes('$') === true ? said.used(search.split('?')[0] ?? '') : said.searched;
  const types = [...new Set(what.map((reference) => reference.split('/')[0] ?? ''))];
  return said.did(verb, types.length === 0 ? said.record : types.map((type) => said.things[type] ?? said.entry(type)).join(said.and));
};
