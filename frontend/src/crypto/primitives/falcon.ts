/**
 * Falcon-512 (round 3) by liboqs in WebAssembly.
 *
 * Never used alone: `hybrid.ts` is its only caller. The package's own wrapper frees the secret key in WebAssembly memory
 * without wiping it and loads its module by a computed name that bundlers cannot follow; hence this one.
 */

import loadModule, { type FalconModule } from "falcon-512-wasm";
import { FALCON_PUBLIC_KEY_BYTES, FALCON_SECRET_KEY_BYTES, FALCON_SIGNATURE_MAX_BYTES } from "./encoding";

interface Falcon {
  module: FalconModule;
  scheme: number;
}

let loaded: Promise<Falcon> | undefined;

function falcon(): Promise<Falcon> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Falcon> {
  const module = await loadModule();
  module._OQS_init();
  const name = "Falcon-512";
  const pointer = module._malloc(name.length + 1);
  module.stringToUTF8(name, pointer, name.length + 1);
  const scheme = module._OQS_SIG_new(pointer);
  module._free(pointer);
  if (scheme === 0) throw new Error("Falcon-512 is not available");
  return { module, scheme };
}

/** Pieces of WebAssembly memory for one call; every one is wiped before it is freed. */
class Memory {
  readonly #pieces: { pointer: number; bytes: number }[] = [];

  constructor(private readonly module: FalconModule) {}

  take(bytes: number): number {
    // malloc(0) may answer 0: always take at least one byte.
    const pointer = this.module._malloc(Math.max(bytes, 1));
    if (pointer === 0) throw new Error("out of memory");
    this.#pieces.push({ pointer, bytes });
    return pointer;
  }

  put(data: Uint8Array): number {
    const pointer = this.take(data.length);
    this.module.HEAPU8.set(data, pointer);
    return pointer;
  }

  read(pointer: number, bytes: number): Uint8Array {
    return this.module.HEAPU8.slice(pointer, pointer + bytes);
  }

  release(): void {
    for (const { pointer, bytes } of this.#pieces) {
      this.module._OQS_MEM_cleanse(pointer, bytes);
      this.module._free(pointer);
    }
  }
}

async function withMemory<T>(work: (falcon: Falcon, memory: Memory) => T): Promise<T> {
  const ready = await falcon();
  const memory = new Memory(ready.module);
  try {
    return work(ready, memory);
  } finally {
    memory.release();
  }
}

/** Public key (897 bytes) and secret key (1281 bytes). */
export function falconKeyPair(): Promise<{ publicKey: Uint8Array; secretKey: Uint8Array }> {
  return withMemory(({ module, scheme }, memory) => {
    const publicKey = memory.take(FALCON_PUBLIC_KEY_BYTES);
    const secretKey = memory.take(FALCON_SECRET_KEY_BYTES);
    if (module._OQS_SIG_keypair(scheme, publicKey, secretKey) !== 0) throw new Error("Falcon-512 made no keys");
    return {
      publicKey: memory.read(publicKey, FALCON_PUBLIC_KEY_BYTES),
      secretKey: memory.read(secretKey, FALCON_SECRET_KEY_BYTES),
    };
  });
}

/** A signature of at most 752 bytes. */
export function falconSign(secretKey: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  if (secretKey.length !== FALCON_SECRET_KEY_BYTES) throw new RangeError("not a Falcon-512 secret key");
  return withMemory(({ module, scheme }, memory) => {
    const signature = memory.take(FALCON_SIGNATURE_MAX_BYTES);
    const length = memory.take(8);
    const key = memory.put(secretKey);
    const data = memory.put(message);
    if (module._OQS_SIG_sign(scheme, signature, length, data, message.length, key) !== 0) {
      throw new Error("Falcon-512 did not sign");
    }
    return memory.read(signature, module.getValue(length, "i32"));
  });
}

export function falconVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== FALCON_PUBLIC_KEY_BYTES) return Promise.resolve(false);
  if (signature.length === 0 || signature.length > FALCON_SIGNATURE_MAX_BYTES) return Promise.resolve(false);
  return withMemory(({ module, scheme }, memory) => {
    const data = memory.put(message);
    const made = memory.put(signature);
    const key = memory.put(publicKey);
    return module._OQS_SIG_verify(scheme, data, message.length, made, signature.length, key) === 0;
  });
}
