// The practice's key: made in an administrator's browser, kept in a file under a passphrase, opened again to sign. The
// private part never leaves this module unsealed. The form of the file is in docs/protocol.md.
import { concat, fromBase64, number, text, toBase64 } from "./bytes";
import { type Certified, certificateStatement, rotationStatement } from "./statements";

/**
 * Rounds of PBKDF2-HMAC-SHA-256, the best that Web Crypto has against guessing. OWASP (2023) asks for 600 000; a million is
 * half a second on a laptop for the administrator and for each guess of a thief.
 */
const ITERATIONS = 1_000_000;
/** A file that asks for less was not made here; one that asks for more would hang the page. */
const FEWEST_ITERATIONS = 600_000;
const MOST_ITERATIONS = 10_000_000;
/** Characters of a passphrase. The file may be copied and guessed at for years: short ones fall. */
export const PASSPHRASE_CHARACTERS = 15;

const SEALED_LABEL = text("Curtain practice key file v1\0");
/** A file that somebody chose by mistake is not read as a whole. */
export const FILE_BYTES = 10_000;

/** What the file holds, as JSON. Bytes are base64. */
type KeyFile = {
  readonly curtain: "practice key";
  readonly version: 1;
  readonly practice: string;
  readonly public_key: string;
  readonly made_at: string;
  readonly kdf: { readonly name: "PBKDF2-HMAC-SHA-256"; readonly iterations: number; readonly salt: string };
  readonly cipher: { readonly name: "AES-256-GCM"; readonly iv: string };
  /** PKCS #8 of the Ed25519 key (RFC 8410). */
  readonly sealed: string;
};

/** Why a file could not be opened. */
export type KeyFileProblem = "not_a_key_file" | "wrong_passphrase" | "other_key" | "unsupported_browser";

export class KeyFileError extends Error {
  constructor(readonly problem: KeyFileProblem) {
    super(problem);
    this.name = "KeyFileError";
  }
}

/** A practice key that is open: it signs, and can't be read. */
export class OpenPracticeKey {
  readonly #key: CryptoKey;
  readonly publicKey: Uint8Array;

  constructor(key: CryptoKey, publicKey: Uint8Array) {
    this.#key = key;
    this.publicKey = publicKey;
  }

  certify(certified: Certified): Promise<Uint8Array> {
    return this.#sign(certificateStatement(certified));
  }

  /** Says that another key takes the place of this one. */
  vouchFor(next: Uint8Array): Promise<Uint8Array> {
    return this.#sign(rotationStatement(this.publicKey, next));
  }

  async #sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.sign("Ed25519", this.#key, bytes));
  }
}

/** Makes a key: open, and as the text of its file. */
export async function makePracticeKey(
  practice: string,
  passphrase: string,
  now: Date,
  iterations = ITERATIONS,
): Promise<{ key: OpenPracticeKey; file: string }> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]).catch(() => {
    throw new KeyFileError("unsupported_browser");
  });
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const secret = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const [salt, iv] = [crypto.getRandomValues(new Uint8Array(16)), crypto.getRandomValues(new Uint8Array(12))];
  const bound = boundTo(publicKey, iterations, salt);
  const key = await sealingKey(passphrase, salt, iterations, "encrypt");
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound }, key, secret);
  const file: KeyFile = {
    curtain: "practice key",
    version: 1,
    practice,
    public_key: toBase64(publicKey),
    made_at: now.toISOString(),
    kdf: { name: "PBKDF2-HMAC-SHA-256", iterations, salt: toBase64(salt) },
    cipher: { name: "AES-256-GCM", iv: toBase64(iv) },
    sealed: toBase64(new Uint8Array(sealed)),
  };
  const open = new OpenPracticeKey(await importSecret(secret), publicKey);
  secret.fill(0);
  return { key: open, file: `${JSON.stringify(file, null, 2)}\n` };
}

/** Opens a file. `expected` is the key that it has to hold. */
export async function openPracticeKey(
  content: string,
  passphrase: string,
  expected: Uint8Array,
): Promise<OpenPracticeKey> {
  const file = read(content);
  const publicKey = fromBase64(file.public_key);
  if (file.public_key !== toBase64(expected)) throw new KeyFileError("other_key");
  const { iterations } = file.kdf;
  const salt = fromBase64(file.kdf.salt);
  const bound = boundTo(publicKey, iterations, salt);
  const key = await sealingKey(passphrase, salt, iterations, "decrypt");
  const secret = await crypto.subtle
    .decrypt({ name: "AES-GCM", iv: fromBase64(file.cipher.iv), additionalData: bound }, key, fromBase64(file.sealed))
    .catch(() => {
      throw new KeyFileError("wrong_passphrase");
    });
  return new OpenPracticeKey(await importSecret(new Uint8Array(secret)), publicKey);
}

/** Everything beside the secret is sealed with it: a file that was put together from two does not open. */
function boundTo(publicKey: Uint8Array, iterations: number, salt: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(SEALED_LABEL, publicKey, number(iterations, 4), salt);
}

async function sealingKey(
  passphrase: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
  use: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  // The same passphrase from another keyboard may come in another form (Unicode TR 15).
  const typed = text(passphrase.normalize("NFKC"));
  const from = await crypto.subtle.importKey("raw", typed, "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(how, from, { name: "AES-GCM", length: 256 }, false, [use]);
}

function importSecret(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", secret, "Ed25519", false, ["sign"]).catch(() => {
    throw new KeyFileError("unsupported_browser");
  });
}

function read(content: string): KeyFile {
  try {
    const file = JSON.parse(content) as KeyFile;
    const known = (file as { curtain?: unknown }).curtain === "practice key" && Number(file.version) === 1;
    const { iterations } = file.kdf;
    const bounded = Number.isInteger(iterations) && iterations >= FEWEST_ITERATIONS && iterations <= MOST_ITERATIONS;
    const sizes = [file.public_key, file.kdf.salt, file.cipher.iv].map((bytes) => fromBase64(bytes).length);
    fromBase64(file.sealed);
    if (known && bounded && sizes.join() === "32,16,12") return file;
  } catch {
    // No JSON, no base64, or a part is missing.
  }
  throw new KeyFileError("not_a_key_file");
}
