/** Mail that the authorization server sends: by SMTP, or into a mailbox that a page shows, for demos. */
import { createTransport } from 'nodemailer';
import type { Clock } from '../../core/clock.js';

export interface Message {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface SentMessage extends Message {
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface Mail {
  send(message: Message): Promise<void>;
  /** What was sent, the last first; undefined where it went out. */
  readonly box?: (() => readonly SentMessage[]) | undefined;
}

/** Seconds a mail server may take. */
const patience = 15;

/** Returns mail that goes out by the mail server of the URL. */
export const makeSmtpMail = (url: string, from: string): Mail => {
  const transport = createTransport(url, { from, connectionTimeout: patience * 1000, socketTimeout: patience * 1000 } as Parameters<typeof createTransport>[1]);
  return { send: async (message) => { await transport.sendMail({ ...message, from }); } };
};

const kept = 50;

/** Returns mail that is only kept, for a page to show. */
export const makeMailbox = (clock: Clock): Mail => {
  const sent: SentMessage[] = [];
  return {
    send: async (message) => {
      sent.unshift({ ...message, at: clock.now() });
      sent.length = Math.min(sent.length, kept);
    },
    box: () => sent,
  };
};
