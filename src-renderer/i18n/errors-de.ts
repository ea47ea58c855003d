/** What happened and the next step, for every code of the contract, in German. */

import type { ErrorCode } from '../../src-shared/errors.ts';
import type { Sentence } from './catalogue.ts';

export const errorsDe = {
  'bad-input': { message: 'Diese Anfrage war nicht zu verstehen.', hint: 'Sieh nach, was eingegeben wurde.' },
  'unknown-command': { message: 'Diese Fassung von Signet kennt den Befehl nicht.', hint: 'Aktualisiere Signet.' },
  internal: {
    message: 'In Signet ist etwas schiefgegangen. Nichts ist verloren.',
    hint: 'Versuch es noch einmal; bleibt es so, starte Signet neu.',
  },
  'not-found': { message: 'Das gibt es nicht mehr.', hint: 'Geh zurück und sieh noch einmal nach.' },
  'not-signed-in': { message: 'Du bist nicht angemeldet.', hint: 'Melde dich zuerst an.' },
  'other-account': {
    message: 'Dieses Profil gehört zu einem anderen Konto.',
    hint: 'Starte Signet für jenes Konto mit einem anderen Profil.',
  },
  'already-signed-in': { message: 'Hier ist schon jemand angemeldet.', hint: 'Melde dich zuerst ab.' },
  'profile-in-use': { message: 'Signet ist mit diesem Profil schon offen.', hint: 'Nimm das offene Fenster.' },
  'profile-unwritable': {
    message: 'Signet kann nicht in seinen Ordner schreiben.',
    hint: 'Prüfe die Rechte des Ordners und den freien Platz.',
  },
  'store-damaged': {
    message: 'Dein Verlauf ließ sich nicht öffnen: Die Datei ist beschädigt, oder der Schlüssel ist nicht der richtige.',
    hint: 'Stell ihn aus einer Sicherung wieder her, oder beginne neu.',
  },
  'store-newer': { message: 'Dieses Profil hat ein neueres Signet geschrieben.', hint: 'Aktualisiere Signet.' },
  'keychain-locked': {
    message: 'Der Schlüsselbund deines Systems ist gesperrt.',
    hint: 'Entsperre ihn und versuch es noch einmal, oder nimm deine Passphrase.',
  },
  'keychain-absent': { message: 'Dieses System hat keinen Schlüsselbund.', hint: 'Wähle eine Passphrase für Signet.' },
  'keychain-emptied': {
    message: 'Der Schlüssel zu deinem Verlauf liegt nicht mehr im Schlüsselbund.',
    hint: 'Öffne ihn mit deiner Passphrase.',
  },
  'wrong-passphrase': { message: 'Diese Passphrase öffnet deinen Verlauf nicht.', hint: 'Versuch es noch einmal.' },
  'passphrase-weak': { message: 'Diese Passphrase ist zu kurz.', hint: 'Nimm mindestens 10 Zeichen.' },
  'vault-locked': { message: 'Dein Verlauf ist verschlossen.', hint: 'Schließ ihn zuerst auf.' },
  'bad-jid': { message: 'Das ist keine gültige Adresse.', hint: 'Sie sieht so aus: name@example.org.' },
  'no-network': { message: 'Gerade führt kein Weg zum Server.', hint: 'Prüfe das Netz; Signet versucht es weiter.' },
  'server-not-found': { message: 'Unter dieser Adresse antwortet kein Server.', hint: 'Prüfe den Teil nach dem @.' },
  'connect-timeout': { message: 'Der Server hat nicht rechtzeitig geantwortet.', hint: 'Signet versucht es weiter.' },
  'proxy-failed': {
    message: 'Der Proxy stellt die Verbindung nicht her.',
    hint: 'Prüfe, ob er läuft, und seine Adresse, Namen und Passwort in den Server-Einstellungen.',
  },
  'proxy-needed': {
    message: 'Dieser Server ist nur über Tor zu erreichen.',
    hint: 'Trag in den Server-Einstellungen den Proxy von Tor ein, meist 127.0.0.1 und Port 9050.',
  },
  'tls-required': {
    message: 'Der Server bietet keine verschlüsselte Verbindung.',
    hint: 'Ohne sie meldet Signet sich nicht an; frag, wer den Server betreibt.',
  },
  'tls-failed': {
    message: 'Die verschlüsselte Verbindung zum Server kam nicht zustande.',
    hint: 'Versuch es noch einmal; frag, wer den Server betreibt.',
  },
  'server-certificate': {
    message: 'Der Server konnte nicht beweisen, dass er der richtige ist.',
    hint: 'Melde dich nicht an; frag, wer den Server betreibt.',
  },
  'server-exception-refused': {
    message: 'Für das Zertifikat dieses Servers geht keine Ausnahme.',
    hint: 'Bitte, wer den Server betreibt, es in Ordnung zu bringen.',
  },
  'server-excepted': {
    message: 'Du bist angemeldet, obwohl das Zertifikat des Servers nicht gilt: Du hast eine Ausnahme gemacht.',
    hint: 'Sie steht in den Einstellungen; dort kannst du sie zurücknehmen.',
  },
  'auth-failed': { message: 'Name oder Passwort stimmt nicht.', hint: 'Prüfe beides und versuch es noch einmal.' },
  'auth-unsupported': {
    message: 'Der Server bietet keine sichere Anmeldung.',
    hint: 'Bitte, wer den Server betreibt, SCRAM einzuschalten.',
  },
  'auth-plain-only': {
    message: 'Der Server will dein Passwort im Klartext, in der verschlüsselten Verbindung.',
    hint: 'Erlaube das nur, wenn du dem Server vertraust.',
  },
  'server-proof': {
    message: 'Der Server konnte nicht beweisen, dass er dich kennt.',
    hint: 'Versuch es nicht noch einmal, bevor du gefragt hast, wer den Server betreibt.',
  },
  'auth-weak': {
    message: 'Der Server verlangt eine schwache oder eine maßlose Passwortprüfung.',
    hint: 'Frag, wer den Server betreibt.',
  },
  'account-exists': { message: 'Diesen Namen gibt es schon.', hint: 'Wähle einen anderen, oder melde dich an.' },
  'registration-closed': {
    message: 'Der Server lässt von hier aus keine neuen Konten zu.',
    hint: 'Frag, wer den Server betreibt, oder wähle einen anderen.',
  },
  'registration-failed': {
    message: 'Der Server hat das neue Konto nicht angenommen.',
    hint: 'Versuch es mit anderem Namen oder Passwort.',
  },
  'stream-conflict': {
    message: 'Ein anderes Programm hat sich an dieser Stelle angemeldet.',
    hint: 'Melde dich wieder an, wenn du hier weitermachen willst.',
  },
  'stream-error': { message: 'Der Server hat die Verbindung beendet.', hint: 'Signet verbindet sich von selbst wieder.' },
  'stream-malformed': {
    message: 'Der Server hat etwas gesendet, das nicht erlaubt ist.',
    hint: 'Signet verbindet sich wieder; bleibt es so, frag, wer den Server betreibt.',
  },
  'server-busy': { message: 'Der Server bittet zu warten.', hint: 'Signet versucht es von selbst noch einmal.' },
  'message-too-long': { message: 'Die Nachricht ist zu lang.', hint: 'Sende sie in Teilen.' },
  'message-rejected': { message: 'Der Server hat die Nachricht nicht zugestellt.', hint: 'Versuch es noch einmal.' },
  'recipient-unavailable': {
    message: 'Die Adresse gibt es nicht, oder sie nimmt keine Nachrichten an.',
    hint: 'Prüfe die Adresse.',
  },
  'protection-required': {
    message: 'Dieses Gespräch ist geschützt; die Nachricht wurde nicht ungeschützt gesendet.',
    hint: 'Warte, bis sie geschützt werden kann, oder entscheide im Gespräch anders.',
  },
  'send-stopped': {
    message: 'Nichts wird gesendet, bis du über den neuen Schlüssel entschieden hast.',
    hint: 'Öffne die Angaben zum Schutz.',
  },
  'bad-signature': {
    message: 'Auf die Schlüssel konnte man sich nicht einigen: Eine Unterschrift hielt nicht.',
    hint: 'Versuch es noch einmal; bleibt es so, vergleicht die Fingerabdrücke am Telefon.',
  },
  'untrusted-credential': {
    message: 'Die andere Seite hat deinen Schlüssel nicht angenommen, oder ihrer gilt hier nicht.',
    hint: 'Vergleicht die Schlüssel.',
  },
  'cookie-mismatch': {
    message: 'Die Schlüsselvereinbarung ist unterwegs durcheinandergeraten.',
    hint: 'Sie wird von selbst wiederholt.',
  },
  'unknown-association': {
    message: 'Die andere Seite kannte diese Schlüsselvereinbarung nicht mehr.',
    hint: 'Sie wird von selbst wiederholt.',
  },
  undecryptable: { message: 'Diese Nachricht ließ sich nicht öffnen.', hint: 'Sie wurde noch einmal erbeten.' },
  'no-common-suite': {
    message: 'Das andere Programm bietet keinen Schutz, der stark genug ist.',
    hint: 'Es sollte aktualisiert werden.',
  },
  'unsupported-group': {
    message: 'Die beiden Programme haben keine gemeinsame Schlüsselvereinbarung.',
    hint: 'Eines von ihnen sollte aktualisiert werden.',
  },
  'use-main-mode': {
    message: 'Die Person verbirgt ihr Zertifikat vor Servern; das kann diese Fassung noch nicht.',
    hint: 'Die Nachricht wartet; aktualisiere Signet, sobald du kannst.',
  },
  malformed: {
    message: 'Die andere Seite hat eine fehlerhafte Schlüsselvereinbarung gesendet.',
    hint: 'Das Programm dort sollte aktualisiert werden.',
  },
  busy: { message: 'Das andere Programm bittet zu warten.', hint: 'In einer Minute wird es noch einmal versucht.' },
  'exchange-timeout': {
    message: 'Das andere Programm hat nicht rechtzeitig geantwortet.',
    hint: 'Es wird von selbst noch einmal versucht.',
  },
  'credential-changed': { message: 'Die Person hat einen neuen Schlüssel.', hint: 'Vergleiche ihn, bevor du weitermachst.' },
  'credential-revoked': { message: 'Der Schlüssel wurde zurückgezogen.', hint: 'Frag die Person nach dem neuen.' },
  'credential-expired': { message: 'Der Schlüssel ist zu alt.', hint: 'Die Person sollte ihn erneuern.' },
  'credential-distrusted': {
    message: 'Du vertraust diesem Schlüssel nicht.',
    hint: 'Vergleicht die Schlüssel, wenn du wieder schreiben willst.',
  },
  'unknown-key': {
    message: 'Diese Nachricht war mit einem Schlüssel geschützt, den es hier nicht gibt.',
    hint: 'Sie wurde noch einmal erbeten.',
  },
  'not-for-this-device': { message: 'Diese Nachricht war nur für andere deiner Geräte geschützt.', hint: 'Lies sie dort.' },
  'number-reused': {
    message: 'Zwei verschiedene Nachrichten kamen unter einem Schlüssel; die zweite wurde nicht geöffnet.',
    hint: 'Vergleicht die Schlüssel, wenn du das nicht erwartet hast.',
  },
  'store-restored': {
    message: 'Dein Verlauf wurde wiederhergestellt oder kopiert, darum hat dieses Gerät neue Schlüssel.',
    hint: 'Nichts zu tun: Die Gespräche gehen von selbst weiter.',
  },
  'store-copied': {
    message: 'Eine Kopie der Schlüssel dieses Geräts ist anderswo in Gebrauch.',
    hint: 'Wenn du das nicht warst, ändere dein Passwort.',
  },
  'bad-bundle': {
    message: 'Ein veröffentlichter Schlüssel hielt der Prüfung nicht stand und gilt nicht.',
    hint: 'Vergleicht die Schlüssel, wenn es so bleibt.',
  },
} as const satisfies Record<ErrorCode, Sentence>;
