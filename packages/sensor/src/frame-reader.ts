import { SensorRecordError } from './sensor-record-error.ts';

/** Reads the body of one frame; little endian. Every read past its end throws `malformed-frame`. */
export class FrameReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) {
      throw new SensorRecordError(
        'malformed-frame',
        `a frame of ${this.#bytes.length} bytes ends within a field at byte ${at}`,
      );
    }
    this.#at = at + length;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** A length of two bytes, then the bytes: a copy. */
  bytes(): Uint8Array {
    const length = this.u16();
    const at = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(at, at + length));
  }

  text(): string {
    return new TextDecoder().decode(this.bytes());
  }

  /** One of a list by its position. */
  oneOf<T>(choices: readonly T[], what: string): T {
    const position = this.u8();
    const choice = choices[position];
    if (choice === undefined) throw new SensorRecordError('malformed-frame', `unknown ${what} ${position}`);
    return choice;
  }

  /** Throws unless everything was read. */
  finish(): void {
    const left = this.#bytes.length - this.#at;
    if (left !== 0) throw new SensorRecordError('malformed-frame', `${left} bytes too many in a frame`);
  }
}
