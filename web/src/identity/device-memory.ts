// What this browser keeps between visits: a person's device key, which can sign and never be read, the visits it took
// part in, the devices of people it met, and the practice's key. All public but the device key itself; IndexedDB keeps
// CryptoKeys as they are.

const DATABASE = "curtain";
const DEVICE_KEYS = "device_keys";
const VISITS = "visits";
const PEOPLE = "people";
/** One practice has one address, so one key is enough: what a server says of its name must not make us forget it. */
const PRACTICE = "practice";
const ITS_KEY = "key";
/** A phone, a tablet, a computer at home and one at work, twice. More would let a stranger's old device pass for long. */
const DEVICES_KEPT = 8;

/** A device that a person was met with. `confirmed`: the two compared the SafetyCode on it. */
export type KnownDevice = { readonly device: Uint8Array; readonly confirmed: boolean };

export class DeviceMemory {
  readonly #database: IDBDatabase | null;

  private constructor(database: IDBDatabase | null) {
    this.#database = database;
  }

  /** Without IndexedDB (some private windows) all still works, but a reload is then a new device to the others. */
  static async open(): Promise<DeviceMemory> {
    try {
      const opening = indexedDB.open(DATABASE, 2);
      opening.onupgradeneeded = () => {
        const there = opening.result.objectStoreNames;
        for (const store of [DEVICE_KEYS, VISITS, PEOPLE, PRACTICE]) {
          if (!there.contains(store)) opening.result.createObjectStore(store);
        }
      };
      return new DeviceMemory(await done(opening));
    } catch {
      return new DeviceMemory(null);
    }
  }

  /** The person's Ed25519 device key on this browser, made on first use. */
  async deviceKey(person: string): Promise<CryptoKeyPair> {
    const kept = await this.#get<CryptoKeyPair>(DEVICE_KEYS, person);
    if (kept !== null) return kept;
    const made = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    // Two tabs may both get here on the first day: `add` lets the first win, and both then use that one.
    const added = await this.#write(DEVICE_KEYS, (store) => store.add(made, person));
    return added ? made : ((await this.#get<CryptoKeyPair>(DEVICE_KEYS, person)) ?? made);
  }

  /** Forgets the person's device key: the practice took it back, and another one is made on next use. */
  async forgetDeviceKey(person: string): Promise<void> {
    await this.#write(DEVICE_KEYS, (store) => store.delete(person));
  }

  /** The practice's key, as this browser saw it last. */
  async practiceKey(): Promise<Uint8Array | null> {
    return this.#get<Uint8Array>(PRACTICE, ITS_KEY);
  }

  async rememberPracticeKey(key: Uint8Array): Promise<void> {
    await this.#write(PRACTICE, (store) => store.put(key, ITS_KEY));
  }

  /** Whether this browser was in the visit before, as this person. */
  async wasIn(visit: string, person: string): Promise<boolean> {
    return (await this.#get<number>(VISITS, `${visit} ${person}`)) !== null;
  }

  async rememberVisit(visit: string, person: string, now: number): Promise<void> {
    await this.#write(VISITS, (store) => store.put(now, `${visit} ${person}`));
  }

  /** The devices that a person was met with. Before there were codes to compare, one key was kept, as it is. */
  async devicesOf(person: string): Promise<readonly KnownDevice[]> {
    const kept = await this.#get<Uint8Array | readonly KnownDevice[]>(PEOPLE, person);
    return kept instanceof Uint8Array ? [{ device: kept, confirmed: false }] : (kept ?? []);
  }

  /** Newest last. */
  async rememberDevices(person: string, devices: readonly KnownDevice[]): Promise<void> {
    await this.#write(PEOPLE, (store) =>
      devices.length === 0 ? store.delete(person) : store.put(devices.slice(-DEVICES_KEPT), person),
    );
  }

  async #get<T>(store: string, key: string): Promise<T | null> {
    if (this.#database === null) return null;
    try {
      const request = this.#database.transaction(store).objectStore(store).get(key) as IDBRequest<T | undefined>;
      return (await done(request)) ?? null;
    } catch {
      return null;
    }
  }

  async #write(store: string, action: (store: IDBObjectStore) => IDBRequest): Promise<boolean> {
    if (this.#database === null) return false;
    try {
      await done(action(this.#database.transaction(store, "readwrite").objectStore(store)));
      return true;
    } catch {
      return false;
    }
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("IndexedDB"));
    };
  });
}
