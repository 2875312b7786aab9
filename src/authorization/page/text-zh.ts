/** The words of the pages in Traditional Chinese. */
import type { Texts } from './text-en.js';

export const textZh: Texts = {
  title: 'Concierge FHIR', language: 'English', skip: '跳到主要內容',
  signIn: '登入', signInFor: '以繼續使用', email: '電子郵件地址', password: '密碼', cancel: '取消', next: '繼續', signOut: '登出', signOutAsked: '要求將您登出。', signOutHelp: '僅允許在您登入期間使用的應用程式將失去存取權，其他應用程式不受影響。', staySignedIn: '保持登入', signedOut: '您已登出。', back: '返回',
  signInWrong: '電子郵件地址或密碼不正確。', tooMany: '嘗試次數過多，請稍候幾分鐘再試。', busy: '目前登入人數眾多，請稍後再試。',
  forgotPassword: '忘記密碼', createAccount: '建立帳號', signInElsewhere: '使用其他身分提供者登入',
  secondFactor: '第二步驗證', secondFactorHelp: '請輸入驗證器應用程式顯示的六位數代碼，或一組復原碼。', code: '代碼', codeWrong: '此代碼不正確，或已使用過。',
  usePasskey: '使用通行密鑰', passkeyFailed: '通行密鑰未被接受。',
  choosePatient: '應用程式要開啟誰的病歷？', searchPatient: '以姓名搜尋', search: '搜尋', noPatients: '找不到病歷。', yourself: '您本人的病歷', bornOn: '出生日期',
  consentTitle: '允許此應用程式嗎？', consentIntro: '想要使用您在本診所的資料。請取消勾選您不想允許的項目。', consentPatient: '病歷', consentFor: '有效期間', allow: '允許', deny: '不允許',
  durationOnline: '在您登入期間', durationHour: '一小時', durationOffline: '直到您撤回為止；若未使用，最長 90 天',
  scopeOpenid: '得知您的身分', scopeOpenidHelp: '您在本診所的身分', scopeProfile: '您的姓名', scopeLaunch: '得知目前開啟的病歷',
  scopeOffline: '在您登出後保持連線', scopeOnline: '在您登入期間保持連線',
  read: '讀取', search_: '搜尋', readSearch: '讀取', create: '新增', update: '修改', delete_: '刪除', all: '所有資料', onlyWhere: '僅限', ofRecord: '（此病歷）', ofYours: '（您可檢視的範圍）', and: '、',
  nothingAllowed: '沒有勾選任何項目，應用程式不會取得任何資料。',
  errorTitle: '無法繼續', errorHelp: '帶您前來的應用程式或連結設定有誤。請將以下內容告知其製作者。', expired: '此頁面已過期，請從應用程式重新開始。',
  account: '您的帳號', apps: '已連結的應用程式', noApps: '沒有已連結的應用程式。', disconnect: '中斷連結', connectedSince: '連結時間', sessions: '您的登入位置', thisSession: '此瀏覽器', end: '登出該處', lastUsed: '上次使用',
  security: '登入與安全性', changePassword: '變更密碼', newPassword: '新密碼', currentPassword: '目前密碼', passwordChanged: '密碼已變更，您在其他地方已登出。',
  passwordShort: '密碼須為 10 至 200 個字元。', passwordCommon: '此密碼太容易被猜中。',
  changeEmail: '變更電子郵件地址', emailSent: '若可進行，含有連結的訊息已寄出，一小時內有效。', emailChanged: '地址已變更。', linkBad: '此連結已失效，請重新申請。',
  totpOn: '第二步驗證已開啟。', totpOff: '第二步驗證已關閉。', totpStart: '開啟第二步驗證', totpStop: '關閉', totpScan: '請在驗證器應用程式中輸入此金鑰，再輸入其顯示的代碼。', totpKey: '金鑰', recoveryCodes: '復原碼', recoveryHelp: '無法使用驗證器時，每組可使用一次。請妥善保存，僅此次顯示。',
  passkeys: '通行密鑰', addPasskey: '新增通行密鑰', removePasskey: '移除',
  signUp: '建立帳號', signUpHelp: '使用您收到的邀請，或使用病歷號碼、出生日期及診所留存的電子郵件地址。', invitation: '邀請碼', mrn: '病歷號碼', birthDate: '出生日期', signUpDone: '帳號已建立，請登入。', codeFromMail: '郵件中的代碼', setPassword: '設定密碼', reset: '重設密碼', resetDone: '密碼已變更，請登入。',
  mailbox: '示範信箱', mailboxHelp: '原本會以電子郵件寄出的內容。', noMail: '沒有寄出任何訊息。', to: '收件人',
  launchTitle: '開啟應用程式', launchPatient: '病人', launchApp: '應用程式', launchOpen: '開啟', noLaunchApps: '沒有可從此處開啟的應用程式。',
  recorder: '啟動飛航記錄器', recorderHelp: '應用程式提出的要求與回應。其中不含任何機密或健康資料。', step: '步驟', outcome: '結果', mend: '處理方式',
};
