// What the group needs from the worker around it, so that it can run in a test with a clock of its own.
import type { KnownDevice } from "../../../identity/device-memory";
export type { KnownDevice } from "../../../identity/device-memory";
import type { FromWorker, Practice, Role } from "../../messages";
import type { Member } from "../../wasm/curtain_e2ee";
import type { KeyRing } from "../frames/key-ring";
import type { SendKeys } from "../frames/send-keys";

/** Who we are in which visit. Ids are UUID texts. */
export type Self = {
  readonly visit: string;
  readonly person: string;
  readonly role: Role;
  readonly name: string;
  /** Persons that the clinician's policy lets admit. */
  readonly coHosts: readonly string[];
  readonly practice: Practice;
};

/** The part of the device's memory that the group uses. */
export type Memory = {
  wasIn(visit: string, person: string): Promise<boolean>;
  rememberVisit(visit: string, person: string, now: number): Promise<void>;
  devicesOf(person: string): Promise<readonly KnownDevice[]>;
  rememberDevices(person: string, devices: readonly KnownDevice[]): Promise<void>;
};

export type Outside = {
  /** The group's machine: a fresh leaf of ours. */
  newMember(...leaf: ConstructorParameters<typeof Member>): Member;
  /** Ed25519 by the device key. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  readonly devicePub: Uint8Array;
  readonly memory: Memory;
  emit(message: FromWorker): void;
  readonly receiveKeys: KeyRing;
  readonly sendKeys: SendKeys;
  /** The next frames of our pictures are key frames. */
  freshPicture(): void;
  now(): number;
  /** Returns how to call it off. */
  later(milliseconds: number, action: () => void): () => void;
};
