/** What is wrong with something that came from a room (protocol 8). Quiet: no text and no key of anybody is in it. */

/** Why a Charter does not count (protocol 8); a later one of its epoch may. */
export type VoidReason =
  | 'room'
  | 'epoch'
  | 'previous'
  | 'signer'
  | 'limit'
  | 'slot'
  | 'empty-slot'
  | 'taken-slot'
  | 'device-twice'
  | 'no-admin'
  | 'author-gone'
  | 'height'
  | 'holder'
  | 'keys'
  | 'roster';

export type RoomErrorCode =
  'malformed' | 'bad-signature' | 'undecryptable' | 'no-keys' | 'chain-exhausted' | 'room-full' | VoidReason;

export class RoomError extends Error {
  readonly code: RoomErrorCode;

  constructor(code: RoomErrorCode, options?: ErrorOptions) {
    super(code, options);
    this.name = 'RoomError';
    this.code = code;
  }
}
