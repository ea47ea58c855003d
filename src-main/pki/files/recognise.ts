/** What one DER value is, by its outline: the tags of its first fields. Labels and file names are not asked. */

import { childrenOf, readDer, Tag, type Tlv } from '../der.ts';

export type Recognised =
  'certificate' | 'crl' | 'request' | 'pkcs8' | 'encrypted-pkcs8' | 'pkcs1' | 'sec1' | 'public-key' | 'container' | 'unknown';

const { integer, sequence, octetString, bitString, oid } = Tag;
const TIMES: readonly number[] = [Tag.utcTime, Tag.generalizedTime];

const tagsIn = (value: Tlv | undefined): readonly number[] =>
  value?.tag === sequence ? childrenOf(value).map((child) => child.tag) : [];
const startsWith = (tags: readonly number[], ...expected: readonly number[]): boolean =>
  expected.every((tag, i) => tags[i] === tag);

/** `container` is PKCS#12 or PKCS#7, which ber.ts reads; `unknown` is also what is not strict DER. */
export function recognise(octets: Uint8Array): Recognised {
  let value: Tlv;
  try {
    value = readDer(octets);
  } catch {
    return 'unknown';
  }
  const tags = tagsIn(value);
  const [first, second] = value.tag === sequence ? childrenOf(value) : [];
  // Certificate, CertificateList and CertificationRequest are all SIGNED { … } (RFC 5280, 4.1 and 5.1; RFC 2986, 4.2)
  if (startsWith(tags, sequence, sequence, bitString)) return signed(tagsIn(first));
  // PrivateKeyInfo (RFC 5958), EncryptedPrivateKeyInfo, RSAPrivateKey (RFC 8017), ECPrivateKey (RFC 5915), SubjectPublicKeyInfo
  if (startsWith(tags, integer, sequence, octetString)) return 'pkcs8';
  if (startsWith(tags, sequence, octetString) && tagsIn(first)[0] === oid) return 'encrypted-pkcs8';
  if (tags.length >= 9 && tags.slice(0, 9).every((tag) => tag === integer)) return 'pkcs1';
  if (startsWith(tags, integer, octetString)) return 'sec1';
  if (startsWith(tags, sequence, bitString)) return 'public-key';
  if (startsWith(tags, oid, 0xa0) || (startsWith(tags, integer, sequence) && tagsIn(second)[0] === oid)) return 'container';
  return 'unknown';
}

function signed(tags: readonly number[]): Recognised {
  const certificate = tags[0] === 0xa0 ? tags.slice(1) : tags;
  if (startsWith(certificate, integer, sequence, sequence, sequence, sequence, sequence)) return 'certificate';
  if (startsWith(tags, integer, sequence, sequence)) return TIMES.includes(tags[3] ?? 0) ? 'crl' : 'request';
  // A revocation list of version 1 has no version
  return startsWith(tags, sequence, sequence) && TIMES.includes(tags[2] ?? 0) ? 'crl' : 'unknown';
}
