// The HTTP API, one method per operation of docs/api/openapi.json; paths and bodies are checked against it by the compiler.
import { Requests } from "./request";
import type {
  AuditPage,
  AuditPerson,
  AuditReport,
  AuditSearch,
  Authenticator,
  Build,
  CaringClinician,
  ClinicianDevice,
  Factors,
  HandedLink,
  IdentityCheck,
  ImportedPerson,
  ImportPreview,
  Invitation,
  MadePasskey,
  MadePracticeKey,
  Me,
  Member,
  Members,
  NewCertificate,
  NewPracticeKey,
  Note,
  OutboxMail,
  OwnSession,
  PasskeyCreation,
  PasskeyRequest,
  Person,
  Policy,
  PolicyChoice,
  PracticeAlerts,
  PracticeIdentity,
  Role,
  SavedNote,
  ShownPasskey,
  Visit,
} from "./types";

/** Four bytes each at most, and room for JSON's escapes. */
const KEEPALIVE_CHARACTERS = 10_000;

const opened = (answer: object): Me | null => ("next" in answer ? null : (answer as Me));

export class Api {
  readonly #requests: Requests;

  constructor(requests = new Requests()) {
    this.#requests = requests;
  }

  get #client(): Requests["client"] {
    return this.#requests.client;
  }

  signIn(email: string, password: string): Promise<unknown> {
    return this.#requests.value(this.#client.POST("/api/v1/sign-in", { body: { email, password } }));
  }

  /** Null when both factors were right and the practice asks for a passkey besides: it is to be made now. */
  async signInWithCode(code: string): Promise<Me | null> {
    return opened(await this.#requests.value(this.#client.POST("/api/v1/sign-in/code", { body: { code } })));
  }

  signInWithRecoveryCode(code: string): Promise<Authenticator> {
    return this.#requests.value(this.#client.POST("/api/v1/sign-in/recovery-code", { body: { code } }));
  }

  /** Null as above. */
  async signInWithNewAuthenticator(code: string): Promise<Me | null> {
    return opened(await this.#requests.value(this.#client.POST("/api/v1/sign-in/authenticator", { body: { code } })));
  }

  /** The next five minutes count as confirmed. */
  async showFreshFactor(code: string): Promise<void> {
    await this.#requests.value(this.#client.POST("/api/v1/session/fresh-factor", { body: { code } }));
  }

  /** Asks for a code unless one was shown just now: before what can't be repeated by itself, like a download. */
  async needFreshFactor(): Promise<void> {
    await this.#requests.value(this.#client.GET("/api/v1/session/fresh-factor"));
  }

  factors(): Promise<Factors> {
    return this.#requests.value(this.#client.GET("/api/v1/account/factors"));
  }

  async changePassword(current: string, replacement: string): Promise<void> {
    const body = { current, new: replacement };
    await this.#requests.value(this.#client.POST("/api/v1/account/password", { body }));
  }

  newAuthenticator(): Promise<Authenticator> {
    return this.#requests.value(this.#client.POST("/api/v1/account/authenticator"));
  }

  async confirmNewAuthenticator(code: string): Promise<void> {
    await this.#requests.value(this.#client.POST("/api/v1/account/authenticator/confirm", { body: { code } }));
  }

  async newRecoveryCodes(): Promise<string[]> {
    return (await this.#requests.value(this.#client.POST("/api/v1/account/recovery-codes"))).recovery_codes;
  }

  async sessions(): Promise<OwnSession[]> {
    return (await this.#requests.value(this.#client.GET("/api/v1/account/sessions"))).sessions;
  }

  async endSession(id: string): Promise<void> {
    const params = { path: { id } };
    await this.#requests.value(this.#client.POST("/api/v1/account/sessions/{id}/end", { params }));
  }

  async endOtherSessions(): Promise<void> {
    await this.#requests.value(this.#client.POST("/api/v1/account/sessions/end-others"));
  }

  async signOut(): Promise<void> {
    await this.#requests.value(this.#client.POST("/api/v1/sign-out"));
  }

  async me(): Promise<Me> {
    return (await this.#requests.value(this.#client.GET("/api/v1/me"))) as Me;
  }

  invitation(token: string): Promise<Invitation> {
    return this.#requests.value(this.#client.POST("/api/v1/activation", { body: { token } }));
  }

  choosePassword(token: string, password: string): Promise<Authenticator> {
    return this.#requests.value(this.#client.POST("/api/v1/activation/password", { body: { token, password } }));
  }

  async confirmAuthenticator(token: string, code: string): Promise<string[]> {
    const asked = this.#client.POST("/api/v1/activation/confirm", { body: { token, code } });
    return (await this.#requests.value(asked)).recovery_codes;
  }

  /** `"background"`: the page asks by itself, so the question does not keep somebody signed in. */
  async visits(asked: "by-hand" | "background" = "by-hand"): Promise<Visit[]> {
    const headers = asked === "background" ? { "x-curtain-background": "1" } : {};
    return (await this.#requests.value(this.#client.GET("/api/v1/visits", { headers }))).visits as Visit[];
  }

  /** Without a time the visit is now. */
  async newVisit(patient: string, scheduledAt: string | null): Promise<Visit> {
    const asked = this.#client.POST("/api/v1/visits", { body: { patient, scheduled_at: scheduledAt } });
    return (await this.#requests.value(asked)) as Visit;
  }

  async visit(id: string): Promise<Visit> {
    return (await this.#requests.value(this.#client.GET("/api/v1/visits/{id}", { params: { path: { id } } }))) as Visit;
  }

  async addColleague(id: string, person: string): Promise<Visit> {
    const params = { path: { id } };
    const asked = this.#client.POST("/api/v1/visits/{id}/colleagues", { params, body: { person } });
    return (await this.#requests.value(asked)) as Visit;
  }

  async patients(): Promise<Person[]> {
    return (await this.#requests.value(this.#client.GET("/api/v1/patients"))).people;
  }

  async colleagues(): Promise<Person[]> {
    return (await this.#requests.value(this.#client.GET("/api/v1/colleagues"))).people;
  }

  note(id: string): Promise<Note> {
    return this.#requests.value(this.#client.GET("/api/v1/visits/{id}/note", { params: { path: { id } } }));
  }

  /** Refused with `note_changed` unless `version` is the newest. */
  saveNote(id: string, text: string, version: number): Promise<SavedNote> {
    const params = { path: { id }, header: { "If-Match": `"${version}"` } };
    // A save begun while the tab closes still gets through; browsers allow that for 64 KiB only (Fetch §5.6).
    const keepalive = text.length < KEEPALIVE_CHARACTERS;
    return this.#requests.value(this.#client.PUT("/api/v1/visits/{id}/note", { params, body: { text }, keepalive }));
  }

  /** The newest first; `after` is the last event of the page before. */
  async audit(search: AuditSearch, after: string | null = null): Promise<AuditPage> {
    const query = { ...search, ...(after === null ? {} : { after }) };
    return this.#requests.value(this.#client.GET("/api/v1/audit", { params: { query } }));
  }

  async auditPeople(): Promise<AuditPerson[]> {
    return (await this.#requests.value(this.#client.GET("/api/v1/audit/people"))).people;
  }

  verifyAudit(): Promise<AuditReport> {
    return this.#requests.value(this.#client.POST("/api/v1/audit/verify"));
  }

  /** `"background"`: the page asks by itself, so the question does not keep somebody signed in. */
  async alerts(asked: "by-hand" | "background" = "by-hand"): Promise<PracticeAlerts> {
    const headers = asked === "background" ? { "x-curtain-background": "1" } : {};
    return (await this.#requests.value(this.#client.GET("/api/v1/alerts", { headers }))) as PracticeAlerts;
  }

  async seeAlert(id: string): Promise<void> {
    await this.#requests.value(this.#client.POST("/api/v1/alerts/{id}/seen", { params: { path: { id } } }));
  }

  /** Public keys of the practice; what to believe of them, the browser judges. */
  practiceIdentity(): Promise<PracticeIdentity> {
    return this.#requests.value(this.#client.GET("/api/v1/practice-key"));
  }

  async ownDevices(): Promise<ClinicianDevice[]> {
    return (await this.#requests.value(this.#client.GET("/api/v1/account/devices"))).devices;
  }

  async registerDevice(publicKey: string): Promise<ClinicianDevice[]> {
    const body = { public_key: publicKey };
    return (await this.#requests.value(this.#client.POST("/api/v1/account/devices", { body }))).devices;
  }

  async revokeOwnDevice(id: string): Promise<void> {
    const params = { path: { id } };
    await this.#requests.value(this.#client.POST("/api/v1/account/devices/{id}/revoke", { params }));
  }

  about(): Promise<Build> {
    return this.#requests.value(this.#client.GET("/api/v1/about"));
  }

  readonly passkeys = {
    /** What to ask the device for, whoever it is. */
    request: (): Promise<PasskeyRequest> => this.#requests.value(this.#client.POST("/api/v1/sign-in/passkey/options")),

    signIn: async (shown: ShownPasskey): Promise<Me> =>
      (await this.#requests.value(this.#client.POST("/api/v1/sign-in/passkey", { body: shown }))) as Me,

    requestFresh: (): Promise<PasskeyRequest> =>
      this.#requests.value(this.#client.POST("/api/v1/session/fresh-factor/passkey/options")),

    /** The next five minutes count as confirmed. */
    showFresh: async (shown: ShownPasskey): Promise<void> => {
      await this.#requests.value(this.#client.POST("/api/v1/session/fresh-factor/passkey", { body: shown }));
    },

    /** What to ask the device for where the practice asks for a passkey before somebody is in. */
    creationDue: (): Promise<PasskeyCreation> =>
      this.#requests.value(this.#client.POST("/api/v1/sign-in/new-passkey/options")),

    addDue: async (name: string, made: MadePasskey): Promise<Me> =>
      (await this.#requests.value(this.#client.POST("/api/v1/sign-in/new-passkey", { body: { name, ...made } }))) as Me,

    creation: (): Promise<PasskeyCreation> =>
      this.#requests.value(this.#client.POST("/api/v1/account/passkeys/options")),

    add: async (name: string, made: MadePasskey): Promise<void> => {
      await this.#requests.value(this.#client.POST("/api/v1/account/passkeys", { body: { name, ...made } }));
    },

    remove: async (id: string): Promise<void> => {
      const params = { path: { id } };
      await this.#requests.value(this.#client.POST("/api/v1/account/passkeys/{id}/remove", { params }));
    },
  };

  readonly practice = {
    keys: async (): Promise<MadePracticeKey[]> =>
      (await this.#requests.value(this.#client.GET("/api/v1/practice-keys"))).keys,

    makeKey: async (key: NewPracticeKey): Promise<MadePracticeKey[]> =>
      (await this.#requests.value(this.#client.POST("/api/v1/practice-keys", { body: key }))).keys,

    devices: async (): Promise<ClinicianDevice[]> =>
      (await this.#requests.value(this.#client.GET("/api/v1/devices"))).devices,

    certify: async (practiceKey: string, certificates: NewCertificate[]): Promise<ClinicianDevice[]> => {
      const body = { practice_key: practiceKey, certificates };
      return (await this.#requests.value(this.#client.POST("/api/v1/devices/certificates", { body }))).devices;
    },

    revoke: async (id: string): Promise<ClinicianDevice[]> => {
      const params = { path: { id } };
      return (await this.#requests.value(this.#client.POST("/api/v1/devices/{id}/revoke", { params }))).devices;
    },
  };

  readonly administration = {
    people: async (): Promise<Members> => (await this.#requests.value(this.#client.GET("/api/v1/people"))) as Members,

    /** `clinicians` may see a patient from the first day; others have none. */
    invite: (name: string, email: string, role: Role, clinicians: string[]): Promise<HandedLink> =>
      this.#requests.value(this.#client.POST("/api/v1/people", { body: { name, email, role, clinicians } })),

    renewLink: (id: string): Promise<HandedLink> =>
      this.#requests.value(this.#client.POST("/api/v1/people/{id}/link", { params: { path: { id } } })),

    changeRole: async (id: string, role: Role): Promise<Member> => {
      const params = { path: { id } };
      return (await this.#requests.value(
        this.#client.POST("/api/v1/people/{id}/role", { params, body: { role } }),
      )) as Member;
    },

    suspend: async (id: string): Promise<Member> =>
      (await this.#requests.value(
        this.#client.POST("/api/v1/people/{id}/suspend", { params: { path: { id } } }),
      )) as Member,

    reactivate: async (id: string): Promise<Member> =>
      (await this.#requests.value(
        this.#client.POST("/api/v1/people/{id}/reactivate", { params: { path: { id } } }),
      )) as Member,

    endSessions: async (id: string): Promise<Member> =>
      (await this.#requests.value(
        this.#client.POST("/api/v1/people/{id}/end-sessions", { params: { path: { id } } }),
      )) as Member,

    resetSecondFactor: (id: string, identityCheck: IdentityCheck): Promise<HandedLink> =>
      this.#requests.value(
        this.#client.POST("/api/v1/people/{id}/reset-second-factor", {
          params: { path: { id } },
          body: { identity_check: identityCheck },
        }),
      ),

    requestAccessReset: async (id: string, identityCheck: IdentityCheck): Promise<Member> => {
      const [params, body] = [{ path: { id } }, { identity_check: identityCheck }];
      return (await this.#requests.value(
        this.#client.POST("/api/v1/people/{id}/access-reset", { params, body }),
      )) as Member;
    },

    approveAccessReset: (id: string): Promise<HandedLink> =>
      this.#requests.value(this.#client.POST("/api/v1/people/{id}/access-reset/approve", { params: { path: { id } } })),

    withdrawAccessReset: async (id: string): Promise<Member> =>
      (await this.#requests.value(
        this.#client.POST("/api/v1/people/{id}/access-reset/withdraw", { params: { path: { id } } }),
      )) as Member,

    careTeam: async (id: string): Promise<CaringClinician[]> => {
      const params = { path: { id } };
      const asked = this.#client.GET("/api/v1/people/{id}/care-team", { params });
      return (await this.#requests.value(asked)).clinicians as CaringClinician[];
    },

    addToCareTeam: async (id: string, clinician: string): Promise<CaringClinician[]> => {
      const params = { path: { id } };
      const asked = this.#client.POST("/api/v1/people/{id}/care-team", { params, body: { clinician } });
      return (await this.#requests.value(asked)).clinicians as CaringClinician[];
    },

    /** Without a time it ends at once. */
    endCare: async (id: string, clinician: string, until: string | null): Promise<CaringClinician[]> => {
      const params = { path: { id } };
      const asked = this.#client.POST("/api/v1/people/{id}/care-team/end", { params, body: { clinician, until } });
      return (await this.#requests.value(asked)).clinicians as CaringClinician[];
    },

    previewImport: async (csv: string): Promise<ImportPreview> =>
      (await this.#requests.value(
        this.#client.POST("/api/v1/people/import/preview", { body: { csv } }),
      )) as ImportPreview,

    import: async (csv: string): Promise<ImportedPerson[]> =>
      (await this.#requests.value(this.#client.POST("/api/v1/people/import", { body: { csv } }))).people,

    policy: async (): Promise<Policy> => (await this.#requests.value(this.#client.GET("/api/v1/policy"))) as Policy,

    /** Refused with `policy_changed` unless its version is the newest. */
    savePolicy: async (choice: PolicyChoice): Promise<Policy> =>
      (await this.#requests.value(this.#client.PUT("/api/v1/policy", { body: choice }))) as Policy,
  };

  /** The letters of the demo; refused by every other server. */
  async outbox(): Promise<OutboxMail[]> {
    return (await this.#requests.value(this.#client.GET("/api/v1/outbox"))).mails;
  }
}
