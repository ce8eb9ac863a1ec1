import { SensorRecordError } from './sensor-record-error.ts';

/** Reads one frame after the other out of a stretch of a record; little endian. Every read past a frame's end throws `malformed-frame`. */
export class FrameReader {
  readonly #bytes: Uint8Array;
  /** Of the whole stretch: for the fields that `take` has found to be there. */
  readonly view: DataView;
  #start = 0;
  #at = 0;
  #end = 0;

  /** No frame is open yet. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Goes to the frame at `start`, without its length, of so many bytes. */
  open(start: number, length: number): void {
    this.#start = start;
    this.#at = start;
    this.#end = start + length;
  }

  /** Goes past the next bytes and says where in `view` they are. */
  take(length: number): number {
    const at = this.#at;
    this.#at = at + length;
    if (this.#at > this.#end) this.#tooShort(at);
    return at;
  }

  #tooShort(at: number): never {
    throw new SensorRecordError(
      'malformed-frame',
      `a frame of ${this.#end - this.#start} bytes ends within a field at byte ${at - this.#start}`,
    );
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }

  /** A length of two bytes, then the bytes: a view of what is read. */
  bytes(): Uint8Array {
    const length = this.u16();
    const at = this.take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(): string {
    return new TextDecoder().decode(this.bytes());
  }

  /** One of a list by its position. */
  oneOf<T>(choices: readonly T[], what: string): T {
    return choose(choices, this.u8(), what);
  }

  /** Throws unless everything was read. */
  finish(): void {
    const left = this.#end - this.#at;
    if (left !== 0) throw new SensorRecordError('malformed-frame', `${left} bytes too many in a frame`);
  }
}

/** What stands at a position of a list. Throws `malformed-frame` where nothing does. */
export function choose<T>(choices: readonly T[], position: number, what: string): T {
  const choice = choices[position];
  if (choice === undefined) throw new SensorRecordError('malformed-frame', `unknown ${what} ${position}`);
  return choice;
}
