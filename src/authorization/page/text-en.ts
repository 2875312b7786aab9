/** The words of the pages in English; other languages have the same keys. */
export const textEn = {
  title: 'Concierge FHIR', language: '繁體中文', skip: 'Skip to content',
  signIn: 'Sign in', signInFor: 'to continue to', email: 'E-mail address', password: 'Password', cancel: 'Cancel', next: 'Continue', signOut: 'Sign out', signOutAsked: 'asks to sign you out.', signOutHelp: 'Apps that you allowed only while you are signed in lose their access; others keep it.', staySignedIn: 'Stay signed in', signedOut: 'You are signed out.', back: 'Back',
  signInWrong: 'The e-mail address or the password is not right.', tooMany: 'Too many attempts. Wait some minutes and try again.', busy: 'Many people are signing in now. Try again in a moment.',
  forgotPassword: 'I forgot my password', createAccount: 'Create an account', signInElsewhere: 'Sign in with another provider',
  secondFactor: 'Second step', secondFactorHelp: 'Enter the six-digit code your authenticator app shows, or one of your recovery codes.', code: 'Code', codeWrong: 'This code is not right, or it was used before.',
  usePasskey: 'Use a passkey', passkeyFailed: 'The passkey was not accepted.',
  choosePatient: 'Whose record should the app open?', searchPatient: 'Search by name', search: 'Search', noPatients: 'No record was found.', yourself: 'Your own record', bornOn: 'born',
  consentTitle: 'Allow this app?', consentIntro: 'would like to use your data at this clinic. Untick what you do not want to allow.', consentPatient: 'Record', consentFor: 'How long', allow: 'Allow', deny: 'Do not allow',
  durationOnline: 'while you are signed in', durationHour: 'for one hour', durationOffline: 'until you withdraw it, at most for 90 days without use',
  scopeOpenid: 'Know that it is you', scopeOpenidHelp: 'Who you are at this clinic', scopeProfile: 'Your name', scopeLaunch: 'Know which record is open',
  scopeOffline: 'Stay connected when you have signed out', scopeOnline: 'Stay connected while you are signed in',
  read: 'Read', search_: 'look through', readSearch: 'Read', create: 'add', update: 'change', delete_: 'delete', all: 'everything', onlyWhere: 'only where', ofRecord: 'of the record', ofYours: 'that you can see', and: 'and',
  nothingAllowed: 'Nothing was ticked, so the app gets nothing.',
  errorTitle: 'This cannot go on', errorHelp: 'The app or the link that brought you here is not set up as it must be. Tell its maker what stands below.', expired: 'This page has expired. Start again in the app.',
  account: 'Your account', apps: 'Connected apps', noApps: 'No app is connected.', disconnect: 'Disconnect', connectedSince: 'connected', sessions: 'Where you are signed in', thisSession: 'this browser', end: 'Sign out there', lastUsed: 'last used',
  security: 'Sign-in and security', changePassword: 'Change password', newPassword: 'New password', currentPassword: 'Current password', passwordChanged: 'The password was changed. You are signed out everywhere else.',
  passwordShort: 'A password needs 10 to 200 characters.', passwordCommon: 'This password is too easy to guess.',
  changeEmail: 'Change e-mail address', emailSent: 'If this can be done, a message with a link is on its way. It is good for one hour.', emailChanged: 'The address was changed.', linkBad: 'This link is not good any more. Ask for a new one.',
  totpOn: 'The second step is on.', totpOff: 'The second step is off.', totpStart: 'Turn on the second step', totpStop: 'Turn it off', totpScan: 'Enter this key in your authenticator app, then the code it shows.', totpKey: 'Key', recoveryCodes: 'Recovery codes', recoveryHelp: 'Each works once when you do not have your app. Keep them safe; they are shown only now.',
  passkeys: 'Passkeys', addPasskey: 'Add a passkey', removePasskey: 'Remove',
  signUp: 'Create an account', signUpHelp: 'With the invitation you were given, or with your record number, your date of birth and the e-mail address the clinic has of you.', invitation: 'Invitation', mrn: 'Record number (MRN)', birthDate: 'Date of birth', signUpDone: 'The account is ready. Sign in.', codeFromMail: 'Code from the message', setPassword: 'Choose a password', reset: 'Reset password', resetDone: 'The password was changed. Sign in.',
  mailbox: 'Mailbox of the demo', mailboxHelp: 'What would be sent by e-mail.', noMail: 'No message was sent.', to: 'to',
  launchTitle: 'Open an app', launchPatient: 'Patient', launchApp: 'App', launchOpen: 'Open', noLaunchApps: 'No app that can be opened from here is registered.',
  recorder: 'Launch flight recorder', recorderHelp: 'What apps asked and what was answered. No secret and no health data is in it.', step: 'Step', outcome: 'Outcome', mend: 'What to do',
  news: 'News about who opened your record', newsText: 'There is a message for you about who opened your record. Sign in to read it:',
  accesses: 'Who saw my record', accessesHelp: 'Everyone who looked at or changed the record, the newest first. Looks that were refused have shown nothing and are not listed.', accessesNone: 'Nobody has looked at this record yet.', accessesDownload: 'Take six years of it away (CSV)', accessesQuestion: 'Question this access', accessesAsked: 'The clinic was asked to look into this access.', accessesUnknown: 'There is no such access.', accessesEmergency: 'Emergency:',
} as const;

export type TextKey = keyof typeof textEn;
export type Texts = Readonly<Record<TextKey, string>>;
