import type { ServerCatalogue } from './server-catalogue.ts';

export const serverDe: ServerCatalogue = {
  problemTitle: (domain) => `${domain} konnte nicht beweisen, wer er ist`,
  problemText: (domain) =>
    `Vielleicht antwortet jemand anderes anstelle von ${domain}. Nichts wurde gesendet: kein Name, kein Passwort, keine Nachricht.`,
  show: 'Was stimmt nicht?',
  wrong: 'Was nicht stimmt',
  checks: {
    issuer: () => 'Für das Zertifikat bürgt niemand, dem dieses Gerät glaubt.',
    'self-signed': () => 'Das Zertifikat bürgt für sich selbst. So eines kann jeder machen.',
    expired: ({ until }) => `Das Zertifikat ist seit ${until} abgelaufen.`,
    'not-yet-valid': ({ from }) =>
      `Das Zertifikat gilt erst ab ${from}. Ist dieser Tag vorbei, dann stell die Uhr dieses Geräts.`,
    name: ({ domain }) => `Das Zertifikat lautet auf andere Namen, nicht auf ${domain}.`,
    revoked: () => 'Das Zertifikat wurde von denen widerrufen, die es ausgestellt haben.',
    weak: () => 'Der Schlüssel oder eine Unterschrift ist zu schwach.',
    purpose: () => 'Das Zertifikat wurde nicht für einen Server ausgestellt.',
    broken: () => 'Das Zertifikat ist in sich nicht stimmig.',
  },
  issuedFor: 'Ausgestellt für',
  issuedForNobody: 'keinen Namen',
  issuedBy: 'Ausgestellt von',
  itself: 'sich selbst',
  valid: 'Gültig',
  validFromTo: (from, until) => `${from} bis ${until}`,
  fingerprint: 'Fingerabdruck (SHA-256)',
  before: ({ issuer, since, last }) => `Vom ${since} bis ${last} zeigte dieser Server ein Zertifikat von ${issuer}, das galt.`,
  exception: {
    possible:
      'Eine Ausnahme lässt genau dieses Zertifikat durch, für dieses Konto. Mach sie nur, wenn du den Fingerabdruck mit denen verglichen hast, die den Server betreiben: am Telefon oder persönlich.',
    never: 'Für so ein Zertifikat geht keine Ausnahme. Bitte, wer den Server betreibt, es in Ordnung zu bringen.',
    'held-before':
      'So bald nach einem gültigen Zertifikat dieses Servers geht keine Ausnahme. Bitte, wer ihn betreibt, es in Ordnung zu bringen, oder versuch ein anderes Netz.',
  },
  compared: 'Ich habe den Fingerabdruck mit denen verglichen, die den Server betreiben.',
  allow: 'Ausnahme machen',
  leave: 'Nicht verbinden',
  gone: 'Das Zertifikat des Servers steht nicht mehr im Weg. Versuch es noch einmal.',
  excepted: 'Das Zertifikat des Servers gilt nicht; du hast eine Ausnahme gemacht.',
  exceptions: 'Ausnahmen für Server-Zertifikate',
  exceptionsHint: 'Jede lässt ein Zertifikat durch, das nicht gilt, nur für dieses Konto.',
  noExceptions: 'Keine. Jeder Server muss beweisen, wer er ist.',
  exceptionSince: (date) => `Gemacht am ${date}`,
  inUse: 'Gerade benutzt',
  takeBack: 'Zurücknehmen…',
  takeBackTitle: (names) => `Ausnahme für ${names} zurücknehmen?`,
  takeBackText:
    'Signet verbindet sich dann nur, wenn der Server beweist, wer er ist. Eine Verbindung, die auf der Ausnahme steht, endet.',
  takeBackConfirm: 'Zurücknehmen',
};
