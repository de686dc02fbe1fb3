/** Reading a picture's file, where whatever does not fit is one error. */

/** What the file says of itself cannot be told apart from the picture here. */
export class Unclear extends Error {}

export class Reader {
  readonly #view: DataView;
  at = 0;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(length: number): Uint8Array {
    if (length < 0 || length > this.left) throw new Unclear();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  skip(length: number): void {
    this.take(length);
  }

  /** Unsigned, big endian unless said otherwise. */
  number(size: number, littleEndian = false): number {
    const from = this.at;
    this.skip(size);
    switch (size) {
      case 0:
        return 0;
      case 1:
        return this.#view.getUint8(from);
      case 2:
        return this.#view.getUint16(from, littleEndian);
      case 4:
        return this.#view.getUint32(from, littleEndian);
      case 8:
        return Number(this.#view.getBigUint64(from, littleEndian));
      default:
        throw new Unclear();
    }
  }

  text(length: number): string {
    return String.fromCharCode(...this.take(length));
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const startsWith = (bytes: Uint8Array, text: string, from = 0): boolean =>
  bytes.length >= from + text.length && ascii(text).every((byte, at) => bytes[from + at] === byte);

export function uint(value: number, size: 2 | 4, littleEndian = false): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  if (size === 2) view.setUint16(0, value, littleEndian);
  else view.setUint32(0, value, littleEndian);
  return new Uint8Array(view.buffer);
}

export const ascii = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
