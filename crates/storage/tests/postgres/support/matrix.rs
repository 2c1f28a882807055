//! The world behind the access matrix: for every role somebody, somebody else, and rows of both.

use curtain_auth::{Clinician, ContextToken, NewSession, Principal, RecoveryCode, SessionToken, SignInToken};
use curtain_domain::{AccountId, NoteId, NoteVersion, Role, SessionId, VisitId};
use curtain_storage::testing::TestDatabase;
use curtain_storage::{SaveNote, Visit};
use curtain_vault::{ClinicalText, RecordContext};

use super::{ANA, BEN, IRIS, LEE, OKAFOR, PAUL, World, sql};

/// The contexts that a role is tried in.
pub(crate) struct Contexts {
    /// The role's person.
    pub(crate) own: ContextToken,
    /// Somebody else in the same role.
    pub(crate) other: ContextToken,
    /// Somebody in another role.
    pub(crate) of_another_role: ContextToken,
    /// The role's person, in a session that was ended.
    pub(crate) ended: ContextToken,
    /// The role's person, in a session that nobody ended but whose time is over.
    pub(crate) expired: ContextToken,
    /// Nobody's.
    pub(crate) invented: ContextToken,
}

/// The demo practice, filled until every table has a row.
pub(crate) struct MatrixWorld {
    world: World,
    sessions: Vec<(AccountId, ContextToken)>,
    /// Lee with Ben; no note yet.
    without_note: VisitId,
    /// The data key of Ben, and the one for credentials.
    keys: [String; 2],
}

const MAIL: &str = "insert into curtain.mail \
    (id, kind, key, wrapped_by, wrapped, sealed_message, next_attempt_at, created_at, expires_at)";

/// The second administrator and the second auditor, and one administrator who did not come yet.
const SECOND_ADMIN: &str = "00000000-0000-8000-8000-000000000001";
const SECOND_AUDITOR: &str = "00000000-0000-8000-8000-000000000002";
const INVITED: &str = "00000000-0000-8000-8000-000000000003";
/// A third patient, who has no data key yet.
const CLEO: &str = "00000000-0000-8000-8000-000000000004";

/// What Lee did, as the audit log has it.
const SEALED_EVENT: &str = "00000000-0000-8000-8000-000000000005";
const UNSEALED_EVENT: &str = "00000000-0000-8000-8000-000000000006";

/// The practice's key, and a browser of Lee that it certified.
const PRACTICE_KEY: &str = "00000000-0000-8000-8000-000000000007";
const STANDING_DEVICE: &str = "00000000-0000-8000-8000-000000000008";

impl MatrixWorld {
    pub(crate) async fn new() -> Self {
        let world = World::seeded().await;
        add_accounts(&world).await;
        let of_ana = world.invite_okafor(world.visit_with(ANA).await.id).await;
        let without_note = world.visit_with(BEN).await.id;
        let (lee, okafor) = (world.lee().await, world.okafor().await);
        for (patient, clinician) in [(id(CLEO), LEE), (BEN, OKAFOR)] {
            world.put_in_care_of(patient, clinician).await;
        }
        save_note(&world, &lee, &of_ana).await;
        new_visit(&world, &lee, id(CLEO)).await;
        let of_ben = new_visit(&world, &okafor, BEN).await;
        save_note(&world, &okafor, &of_ben).await;
        // Only the sessions below count; the ones that built this world are gone.
        let mut owner = sql::connect(&world.database.owner_url()).await;
        sql::run(&mut owner, "delete from curtain.session").await;
        let of_ben = format!("select id::text from curtain.data_key where patient = '{BEN}'");
        let mut keys = sql::texts(&mut owner, &of_ben).await;
        keys.extend(sql::texts(&mut owner, "select id::text from curtain.credential_key").await);
        let keys = keys.try_into().expect("two keys");
        let mut made = Self { world, sessions: Vec::new(), without_note, keys };
        for account in [LEE, OKAFOR, ANA, BEN, IRIS, PAUL, id(SECOND_ADMIN), id(SECOND_AUDITOR)] {
            made.open_session(account).await;
        }
        made
    }

    pub(crate) const fn database(&self) -> &TestDatabase {
        &self.world.database
    }

    pub(crate) async fn contexts(&self, role: &str) -> Contexts {
        let (own, other, of_another_role) = match role {
            "curtain_patient" => (ANA, BEN, LEE),
            "curtain_clinician" => (LEE, OKAFOR, ANA),
            "curtain_admin" => (IRIS, id(SECOND_ADMIN), LEE),
            "curtain_auditor" => (PAUL, id(SECOND_AUDITOR), IRIS),
            _ => (LEE, ANA, IRIS),
        };
        Contexts {
            own: self.context(own),
            other: self.context(other),
            of_another_role: self.context(of_another_role),
            ended: self.ended(own).await,
            expired: self.expired(own).await,
            invented: SessionToken::new(&*self.world.entropy).context(),
        }
    }

    fn context(&self, account: AccountId) -> ContextToken {
        let found = self.sessions.iter().find(|(whose, _)| *whose == account);
        found.expect("everybody has a session").1.clone()
    }

    async fn open_session(&mut self, account: AccountId) {
        let context = self.insert_session(account, "null").await;
        self.sessions.push((account, context));
    }

    /// A session that was ended; the one before it is taken away, so that counts stay what they are.
    async fn ended(&self, account: AccountId) -> ContextToken {
        let mut owner = sql::connect(&self.database().owner_url()).await;
        sql::run(&mut owner, "delete from curtain.session where ended_at is not null").await;
        self.insert_session(account, "now()").await
    }

    /// A session from this morning that nobody closed; the one before it is taken away.
    async fn expired(&self, account: AccountId) -> ContextToken {
        let mut owner = sql::connect(&self.database().owner_url()).await;
        sql::run(&mut owner, "delete from curtain.session where ends_at < now()").await;
        let context = self.insert_session(account, "null").await;
        let earlier = format!(
            "update curtain.session set created_at = now() - interval '13 hours', ends_at = now() - interval '1 hour' \
             where context_hash = {}",
            bytea(context.hash().as_bytes())
        );
        sql::run(&mut owner, &earlier).await;
        context
    }

    async fn insert_session(&self, account: AccountId, ended_at: &str) -> ContextToken {
        let token = SessionToken::new(&*self.world.entropy);
        let mut owner = sql::connect(&self.database().owner_url()).await;
        let statement = format!(
            "insert into curtain.session \
             select gen_random_uuid(), '{account}', {}, {}, now(), now(), 900, now() + interval '12 hours', {ended_at}",
            bytea(token.hash().as_bytes()),
            bytea(token.context().hash().as_bytes()),
        );
        sql::run(&mut owner, &statement).await;
        token.context()
    }
}

async fn new_visit(world: &World, by: &Principal<Clinician>, patient: AccountId) -> Visit {
    let mut scope = world.store.clinician(by).begin().await.unwrap();
    let visit = scope.create_visit(patient, world.now, world.now, &*world.entropy).await.unwrap().unwrap();
    scope.commit().await.unwrap();
    visit
}

async fn save_note(world: &World, by: &Principal<Clinician>, visit: &Visit) {
    let (patient, note) = (visit.patient.account, NoteId::new(world.now, &*world.entropy));
    let mut scope = world.store.clinician(by).begin().await.unwrap();
    let key = world.vault.new_data_key(Some(patient), world.now).unwrap();
    let key = scope.keep_data_key(patient, &key, world.now).await.unwrap();
    let context = RecordContext::note(key.clone(), patient, note, NoteVersion(1));
    let sealed = world.vault.seal(by, &context, ClinicalText::new("words".to_owned())).unwrap();
    let save = SaveNote {
        note,
        visit: visit.id,
        patient,
        expected: NoteVersion(0),
        sealed,
        key: key.id,
        now: world.now,
    };
    scope.save_note(&save).await.unwrap();
    scope.commit().await.unwrap();
}

/// The people beyond the demo, an activation link, a pending sign-in and a recovery code.
async fn add_accounts(world: &World) {
    let mut owner = sql::connect(&world.database.owner_url()).await;
    let link = bytea(SignInToken::new(&*world.entropy).hash().as_bytes());
    let code = bytea(RecoveryCode::new(&*world.entropy).hash().as_bytes());
    for statement in [
        format!(
            "insert into curtain.account (id, email, name, role, state, created_at) values \
             ('{SECOND_ADMIN}', 'a@x', 'Second Admin', 'administrator', 'active', now()), \
             ('{SECOND_AUDITOR}', 'b@x', 'Second Auditor', 'auditor', 'active', now()), \
             ('{INVITED}', 'c@x', 'Invited', 'administrator', 'invited', now()), \
             ('{CLEO}', 'e@x', 'Cleo', 'patient', 'active', now())"
        ),
        format!(
            "insert into curtain.activation \
             select gen_random_uuid(), '{INVITED}', {link}, now(), now() + interval '1 hour'"
        ),
        format!(
            "insert into curtain.sign_in \
             select gen_random_uuid(), '{LEE}', {link}, 0, now(), now() + interval '5 minutes'"
        ),
        format!("insert into curtain.recovery_code select '{LEE}', {code}, now()"),
        format!(
            "insert into curtain.audit_event (id, at, kind, outcome, actor, actor_role) values \
             ('{SEALED_EVENT}', now(), 'note_read', 'success', '{LEE}', 'clinician'), \
             ('{UNSEALED_EVENT}', now(), 'note_read', 'success', '{LEE}', 'clinician')"
        ),
        format!(
            "insert into curtain.audit_entry (number, event, previous_hash, hash) \
             values (1, '{SEALED_EVENT}', {link}, {link})"
        ),
        format!("insert into curtain.audit_checkpoint values (1, {link}, now(), {link} || {link})"),
        format!(
            "insert into curtain.alert (id, kind, about, count, first_at, last_at, raised_at) \
             values (gen_random_uuid(), 'factor_reset', '{LEE}', 1, now(), now(), now())"
        ),
        format!("insert into curtain.device select gen_random_uuid(), '{LEE}', {code}, now()"),
        format!("insert into curtain.factor_failure select '{LEE}', 'totp', gen_random_uuid()"),
        format!(
            "insert into curtain.new_totp select '{LEE}', gen_random_uuid(), 2, '', id, now(), \
                 now() + interval '15 minutes' from curtain.credential_key"
        ),
        insert_reset_of(LEE),
        format!(
            "insert into curtain.factor_reset select gen_random_uuid(), '{LEE}', '{IRIS}', 'in_person', now()"
        ),
        format!(
            "insert into curtain.clinician_device (id, account, public_key, revoked_at) \
             values ('{STANDING_DEVICE}', '{LEE}', {code}, null), (gen_random_uuid(), '{LEE}', {link}, now())"
        ),
        format!(
            "insert into curtain.practice_key (id, public_key, made_by) values ('{PRACTICE_KEY}', {code}, '{IRIS}')"
        ),
        format!(
            "insert into curtain.device_certificate \
                 (device, practice_key, name, roles, not_after, signature, certified_by) \
             select id, '{PRACTICE_KEY}', 'Lee', 6, now(), {link} || {link}, '{IRIS}' \
             from curtain.clinician_device where revoked_at is null"
        ),
        format!("insert into curtain.passkey select gen_random_uuid(), '{LEE}', {code}, '', 'Phone', now()"),
        format!(
            "insert into curtain.passkey_ceremony select gen_random_uuid(), 'step_up', {code}, gen_random_uuid(), '', \
                 now(), now() + interval '5 minutes'"
        ),
        format!(
            "{MAIL} values (gen_random_uuid(), 'notice', gen_random_uuid(), 'k', '', '', now(), now(), now())"
        ),
    ] {
        sql::run(&mut owner, &statement).await;
    }
}

/// A row that is right in every way but perhaps for who inserts it: Lee's, where it is somebody's.
pub(crate) fn insert_statement(world: &MatrixWorld, table: &str) -> String {
    let entropy = &*world.world.entropy;
    let token = bytea(SignInToken::new(entropy).hash().as_bytes());
    let context = bytea(NewSession::issue(Role::Patient, world.world.now, entropy).token.hash().as_bytes());
    let new_visit = VisitId::new(world.world.now, entropy);
    let key = SessionId::new(world.world.now, entropy);
    let visit = world.without_note;
    let [of_ben, for_credentials] = &world.keys;
    if let Some(statement) =
        insert_audit_statement(table, &token).or_else(|| insert_policy_statement(table).map(str::to_owned))
    {
        return statement;
    }
    if let Some(statement) = insert_device_statement(table, &key.to_string(), &token) {
        return statement;
    }
    match table {
        "curtain.account" => format!(
            "insert into curtain.account (id, email, name, role, created_at) values ('{key}', 'd@x', 'D', 'patient', now())"
        ),
        "curtain.activation" => format!(
            "insert into curtain.activation (id, account, token_hash, created_at, expires_at) \
             values ('{key}', '{INVITED}', {token}, now(), now() + interval '1 hour')"
        ),
        "curtain.care_team" => insert_care(),
        "curtain.access_reset" => insert_reset_of(BEN),
        // There is one already: nothing to insert, and nothing to be told about it.
        "curtain.credential_key" => format!(
            "insert into curtain.credential_key values ('{key}', 'k', '', now()) on conflict do nothing"
        ),
        "curtain.data_key" => format!(
            "insert into curtain.data_key (id, patient, wrapped_by, wrapped, created_at) \
             values ('{key}', '{CLEO}', 'k', '', now())"
        ),
        "curtain.factor_failure" => format!(
            "insert into curtain.factor_failure (account, factor, device) values ('{ANA}', 'totp', '{key}')"
        ),
        "curtain.new_totp" => format!(
            "insert into curtain.new_totp \
             (account, begun_by, version, sealed_seed, credential_key, created_at, expires_at) \
             values ('{ANA}', '{key}', 2, '', '{for_credentials}', now(), now() + interval '15 minutes')"
        ),
        "curtain.factor_reset" => format!(
            "insert into curtain.factor_reset (id, account, reset_by, identity_check, created_at) \
             values ('{key}', '{LEE}', '{IRIS}', 'in_person', now())"
        ),
        "curtain.mail" => {
            format!("{MAIL} values ('{key}', 'notice', '{key}', 'k', '', '', now(), now(), now())")
        }
        "curtain.note" => format!(
            "insert into curtain.note (id, visit, patient, author, version, sealed_text, data_key, saved_at) \
             values ('{key}', '{visit}', '{BEN}', '{LEE}', 1, '', '{of_ben}', now())"
        ),
        "curtain.password" => format!("insert into curtain.password values ('{INVITED}', 'phc', now())"),
        "curtain.practice" => format!("insert into curtain.practice values ('{key}', 'P', now())"),
        "curtain.recovery_code" => format!(
            "insert into curtain.recovery_code (account, code_hash, created_at) values ('{LEE}', {token}, now())"
        ),
        "curtain.session" => format!(
            "insert into curtain.session \
             (id, account, token_hash, context_hash, created_at, last_used_at, idle_seconds, ends_at) \
             values ('{key}', '{LEE}', {token}, {context}, now(), now(), 900, now() + interval '12 hours')"
        ),
        "curtain.sign_in" => format!(
            "insert into curtain.sign_in (id, account, token_hash, created_at, expires_at) \
             values ('{key}', '{LEE}', {token}, now(), now() + interval '5 minutes')"
        ),
        "curtain.totp" => format!(
            "insert into curtain.totp (account, version, sealed_seed, credential_key) \
             values ('{INVITED}', 1, '', '{for_credentials}')"
        ),
        "curtain.visit" => format!(
            "insert into curtain.visit (id, patient, clinician, scheduled_at, created_at) \
             values ('{new_visit}', '{ANA}', '{LEE}', now(), now())"
        ),
        "curtain.visit_participant" => format!(
            "insert into curtain.visit_participant (id, visit, patient, account, role, created_at) \
             values ('{key}', '{visit}', '{BEN}', '{OKAFOR}', 'co_host', now())"
        ),
        "curtain_migrations.applied" => "insert into curtain_migrations.applied default values".to_owned(),
        _ => panic!("{table} needs a row to try: write one here"),
    }
}

/// The same for the policy's tables. There is one row already, and one for each role.
fn insert_policy_statement(table: &str) -> Option<&'static str> {
    match table {
        "curtain.practice_policy" => {
            Some("insert into curtain.practice_policy default values on conflict do nothing")
        }
        "curtain.role_policy" => Some(
            "insert into curtain.role_policy (role, idle_minutes, absolute_minutes) \
             values ('patient', 30, 1440) on conflict do nothing",
        ),
        _ => None,
    }
}

/// Iris asks for a reset.
fn insert_reset_of(account: AccountId) -> String {
    format!(
        "insert into curtain.access_reset (account, requested_by, identity_check) \
         values ('{account}', '{IRIS}', 'in_person')"
    )
}

/// Iris puts Okafor into Cleo's care team.
fn insert_care() -> String {
    format!(
        "insert into curtain.care_team (patient, clinician, source, added_by) \
         values ('{CLEO}', '{OKAFOR}', 'by_hand', '{IRIS}')"
    )
}

/// The same for known browsers and passkeys.
fn insert_device_statement(table: &str, key: &str, token: &str) -> Option<String> {
    match table {
        "curtain.device" => Some(format!(
            "insert into curtain.device (id, account, token_hash, created_at) values ('{key}', '{LEE}', {token}, now())"
        )),
        "curtain.clinician_device" => Some(format!(
            "insert into curtain.clinician_device (account, public_key) values ('{LEE}', {token})"
        )),
        "curtain.practice_key" => Some(format!(
            "insert into curtain.practice_key (public_key, previous, made_by) \
             values ({token}, '{PRACTICE_KEY}', '{IRIS}')"
        )),
        // Of the one device that stands, named by who may see no device too.
        "curtain.device_certificate" => Some(format!(
            "insert into curtain.device_certificate \
                 (device, practice_key, name, roles, not_after, signature, certified_by) \
             values ('{STANDING_DEVICE}', '{PRACTICE_KEY}', 'Lee', 6, now(), {token} || {token}, '{IRIS}')"
        )),
        "curtain.passkey" => Some(format!(
            "insert into curtain.passkey (id, account, credential_id, credential, name, created_at) \
             values ('{key}', '{LEE}', {token}, '', 'Key', now())"
        )),
        "curtain.passkey_ceremony" => Some(format!(
            "insert into curtain.passkey_ceremony (id, kind, token_hash, begun_by, state, created_at, expires_at) \
             values ('{key}', 'sign_in', {token}, null, '', now(), now() + interval '5 minutes')"
        )),
        _ => None,
    }
}

/// The same for the audit log's tables and those of alerts.
fn insert_audit_statement(table: &str, token: &str) -> Option<String> {
    match table {
        // There is one for this number already.
        "curtain.audit_checkpoint" => Some(format!(
            "insert into curtain.audit_checkpoint values (1, {token}, now(), {token} || {token}) on conflict do nothing"
        )),
        "curtain.audit_entry" => Some(format!(
            "insert into curtain.audit_entry (number, event, previous_hash, hash) \
             values (2, '{UNSEALED_EVENT}', {token}, {token})"
        )),
        "curtain.audit_event" => Some(format!(
            "insert into curtain.audit_event (at, kind, outcome, actor, actor_role) \
             values (now(), 'note_read', 'success', '{LEE}', 'clinician')"
        )),
        "curtain.alert" => Some(
            "insert into curtain.alert (id, kind, count, first_at, last_at, raised_at) \
             values (gen_random_uuid(), 'failed_sign_ins', 1, now(), now(), now())"
                .to_owned(),
        ),
        "curtain.alert_watch" => Some("insert into curtain.alert_watch values (now())".to_owned()),
        _ => None,
    }
}

fn id(text: &str) -> AccountId {
    text.parse().expect("a UUID")
}

fn bytea(bytes: &[u8]) -> String {
    let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("'\\x{hex}'::bytea")
}
