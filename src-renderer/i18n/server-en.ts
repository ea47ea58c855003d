import type { ServerCatalogue } from './server-catalogue.ts';

export const serverEn: ServerCatalogue = {
  problemTitle: (domain) => `${domain} could not prove who it is`,
  problemText: (domain) =>
    `Somebody else may be answering in place of ${domain}. Nothing was sent: no name, no password, no message.`,
  show: 'What is wrong?',
  wrong: 'What is wrong',
  checks: {
    issuer: () => 'Nobody whom this device believes vouches for the certificate.',
    'self-signed': () => 'The certificate vouches for itself. Anybody can make one like it.',
    expired: ({ until }) => `The certificate has been out of date since ${until}.`,
    'not-yet-valid': ({ from }) => `The certificate counts only from ${from} on. If that day is past, set this device’s clock.`,
    name: ({ domain }) => `The certificate is for other names, not for ${domain}.`,
    revoked: () => 'The certificate was withdrawn by those who issued it.',
    weak: () => 'The key or a signature is too weak to count.',
    purpose: () => 'The certificate was not issued for a server.',
    broken: () => 'The certificate does not hold together.',
  },
  issuedFor: 'Issued for',
  issuedForNobody: 'no name at all',
  issuedBy: 'Issued by',
  itself: 'itself',
  valid: 'Valid',
  validFromTo: (from, until) => `${from} to ${until}`,
  fingerprint: 'Fingerprint (SHA-256)',
  before: ({ issuer, since, last }) => `From ${since} to ${last} this server showed a certificate by ${issuer} that held.`,
  exception: {
    possible:
      'An exception lets this one certificate pass, for this account. Make one only after you have compared the fingerprint with whoever runs the server, by phone or in person.',
    never: 'No exception can be made for such a certificate. Ask whoever runs the server to put it right.',
    'held-before':
      'No exception can be made so soon after the server had a certificate that held. Ask whoever runs it to put it right, or try another network.',
  },
  compared: 'I have compared the fingerprint with whoever runs the server.',
  allow: 'Make an exception',
  leave: 'Do not connect',
  gone: 'The server’s certificate is no longer what stands in the way. Try again.',
  excepted: 'The server’s certificate does not hold; you made an exception.',
  exceptions: 'Exceptions for server certificates',
  exceptionsHint: 'Each lets one certificate pass that does not hold, for this account only.',
  noExceptions: 'None. Every server has to prove who it is.',
  exceptionSince: (date) => `Made on ${date}`,
  inUse: 'In use now',
  takeBack: 'Take back…',
  takeBackTitle: (names) => `Take back the exception for ${names}?`,
  takeBackText: 'Signet then connects only where the server proves who it is. A connection that stands on the exception ends.',
  takeBackConfirm: 'Take back',
};
