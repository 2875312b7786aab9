/** What a scope means in plain words, for people who decide on it (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html). */
import type { Scope } from '../../access/scope.js';
import type { Language, Texts } from './layout.js';

const names: Readonly<Record<string, readonly [en: string, zh: string]>> = {
  '*': ['everything', '所有資料'], 'Patient': ['personal details', '個人資料'], 'Observation': ['measurements and lab results', '量測與檢驗結果'], 'Condition': ['diagnoses', '診斷'],
  'MedicationRequest': ['prescriptions', '處方'], 'MedicationStatement': ['medicines taken', '用藥紀錄'], 'AllergyIntolerance': ['allergies', '過敏'], 'Immunization': ['vaccinations', '疫苗接種'],
  'Procedure': ['procedures', '處置'], 'Encounter': ['visits', '就診紀錄'], 'Appointment': ['appointments', '預約'], 'CarePlan': ['treatment plans', '治療計畫'], 'CareTeam': ['care team', '照護團隊'],
  'Goal': ['goals', '目標'], 'DiagnosticReport': ['reports', '報告'], 'DocumentReference': ['documents', '文件'], 'Communication': ['messages', '訊息'], 'ServiceRequest': ['orders', '醫囑'],
  'Practitioner': ['clinicians', '醫事人員'], 'Organization': ['organizations', '機構'], 'Location': ['places', '地點'], 'Coverage': ['insurance', '保險'], 'Device': ['devices', '裝置'], 'Slot': ['free times', '可預約時段'],
};

const nameOf = (type: string, language: Language): string => names[type]?.[language === 'en' ? 0 : 1] ?? type.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

/** Returns one sentence that says what the scope lets an app do. */
export const scopeWords = ({ type, permissions, context, params }: Scope, text: Texts, language: Language): string => {
  const verbs = [
    permissions.has('r') || permissions.has('s') ? text.readSearch : undefined,
    permissions.has('c') ? text.create : undefined, permissions.has('u') ? text.update : undefined, permissions.has('d') ? text.delete_ : undefined,
  ].filter((verb) => verb !== undefined);
  const joined = verbs.length < 2 ? verbs.join('') : `${verbs.slice(0, -1).join(language === 'en' ? ', ' : '、')}${language === 'en' ? ' and ' : '、'}${verbs.at(-1) ?? ''}`;
  const narrowed = params.length === 0 ? '' : ` (${text.onlyWhere} ${params.map(([name, value]) => `${name} = ${value.split('|').at(-1) ?? value}`).join(', ')})`;
  const whose = context === 'patient' ? text.ofRecord : text.ofYours;
  return language === 'en' ? `${capital(joined)} ${nameOf(type, language)} ${whose}${narrowed}` : `${joined}${nameOf(type, language)}${whose}${narrowed}`;
};

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
