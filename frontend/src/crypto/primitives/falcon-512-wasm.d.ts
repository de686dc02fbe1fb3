/** liboqs' Falcon-512, compiled by Emscripten with the WebAssembly inside (`@oqs/liboqs-js/dist/falcon-512.min.js`). */
declare module "falcon-512-wasm" {
  interface FalconModule {
    HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _OQS_init(): void;
    _OQS_MEM_cleanse(pointer: number, bytes: number): void;
    _OQS_SIG_new(name: number): number;
    _OQS_SIG_keypair(signature: number, publicKey: number, secretKey: number): number;
    _OQS_SIG_sign(sig: number, out: number, outLength: number, message: number, length: number, key: number): number;
    _OQS_SIG_verify(
      sig: number,
      message: number,
      length: number,
      signature: number,
      sigLength: number,
      key: number,
    ): number;
    getValue(pointer: number, type: "i32"): number;
    stringToUTF8(text: string, pointer: number, bytes: number): void;
  }
  export default function load(): Promise<FalconModule>;
}
