// The browser's own libraries, one JSON line in and one out: Falcon-512 by liboqs in WebAssembly, ML-KEM-768 by noble.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const packages = `${process.argv[2]}/node_modules`;
const load = (file) => import(pathToFileURL(`${packages}/${file}`).href);
const { default: loadFalcon } = await load("@oqs/liboqs-js/dist/falcon-512.min.js");
const { ml_kem768: kem } = await load("@noble/post-quantum/ml-kem.js");
const falcon = await loadFalcon();
falcon._OQS_init();
const name = falcon._malloc(16);
falcon.stringToUTF8("Falcon-512", name, 16);
const scheme = falcon._OQS_SIG_new(name);

const put = (bytes) => {
  const pointer = falcon._malloc(bytes.length + 1);
  falcon.HEAPU8.set(bytes, pointer);
  return pointer;
};
const read = (pointer, length) => Buffer.from(falcon.HEAPU8.slice(pointer, pointer + length));

const calls = {
  falcon_generate() {
    const [publicKey, privateKey] = [falcon._malloc(897), falcon._malloc(1281)];
    if (falcon._OQS_SIG_keypair(scheme, publicKey, privateKey) !== 0) throw new Error("no keys");
    return [read(publicKey, 897), read(privateKey, 1281)];
  },
  falcon_sign(privateKey, message) {
    const [signature, length] = [falcon._malloc(752), falcon._malloc(8)];
    if (falcon._OQS_SIG_sign(scheme, signature, length, put(message), message.length, put(privateKey)) !== 0)
      throw new Error("not signed");
    return [read(signature, falcon.getValue(length, "i32"))];
  },
  falcon_verify(publicKey, message, signature) {
    const made = put(signature);
    const result = falcon._OQS_SIG_verify(scheme, put(message), message.length, made, signature.length, put(publicKey));
    return result === 0 ? [] : null;
  },
  kem_public_key: (seed) => [Buffer.from(kem.keygen(seed).publicKey)],
  kem_encapsulate(publicKey) {
    const { cipherText, sharedSecret } = kem.encapsulate(publicKey);
    return [Buffer.from(cipherText), Buffer.from(sharedSecret)];
  },
  kem_decapsulate: (seed, ciphertext) => [Buffer.from(kem.decapsulate(ciphertext, kem.keygen(seed).secretKey))],
};

for await (const line of createInterface({ input: process.stdin })) {
  const [call, ...inputs] = JSON.parse(line);
  const outputs = calls[call](...inputs.map((text) => Uint8Array.from(Buffer.from(text, "hex"))));
  process.stdout.write(JSON.stringify(outputs === null ? null : outputs.map((bytes) => bytes.toString("hex"))) + "\n");
}
