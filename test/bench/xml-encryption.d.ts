declare module 'xml-encryption' {
  import type { KeyObject } from 'node:crypto';

  export interface EncryptOptions {
    readonly rsa_pub: KeyObject | string;
    readonly pem: string;
    readonly encryptionAlgorithm: string;
    readonly keyEncryptionAlgorithm: string;
  }
  export interface DecryptOptions {
    readonly key: KeyObject | string;
  }
  type Callback = (error: Error | null, result: string) => void;
  export function encrypt(content: string, options: EncryptOptions, callback: Callback): void;
  export function decrypt(xml: string, options: DecryptOptions, callback: Callback): void;
}
