//! The house of a test: real Postgres, real router, real forwarder; only the clock is turned by hand.
//!
//! **When it closes, nothing that its people typed, are called or carry may stand in the log.**

mod browser;
pub(crate) mod log_tap;
mod people;

use core::fmt::Write as _;
use core::time::Duration;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use curtain_api::audit::{AuditBook, Sealer};
use curtain_api::mail::MailWay;
use curtain_api::realtime::{Hub, HubParts, media_feed};
use curtain_api::{HashingPermits, House, Settings, router};
use curtain_auth::{
    ActivationToken, NewPassword, PasswordCost, PasswordHasher, PasswordMinimum, SystemEntropy, Throttle,
    TotpSecret, totp,
};
use curtain_domain::{
    AccountId, Clock as _, Entropy, ManualClock, ParticipantId, PracticeId, SystemClock, Timestamp, VisitId,
};
use curtain_media::{Media, MediaConfig};
use curtain_storage::Store;
use curtain_storage::testing::TestDatabase;
use curtain_vault::{CredentialContext, KeyEncryptionKey, Vault};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde_json::json;

pub(crate) use browser::{Answer, Browser, ORIGIN};
pub(crate) use people::{PASSWORD, Person};

/// The least that may be set: tests check passwords by the hundred.
const COST: PasswordCost = PasswordCost { memory_kib: 19_456, passes: 2, lanes: 1 };

/// A practice with ten people, and the server that runs it.
pub(crate) struct TestHouse {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Store,
    pub(crate) lee: Person,
    pub(crate) okafor: Person,
    pub(crate) frey: Person,
    pub(crate) quinn: Person,
    pub(crate) ana: Person,
    pub(crate) ben: Person,
    pub(crate) iris: Person,
    pub(crate) paul: Person,
    pub(crate) invited: Person,
    pub(crate) invited_too: Person,
    entropy: Arc<dyn Entropy>,
    /// For what runs beside the routes.
    pub(crate) house: House,
    pub(crate) audit: Arc<AuditBook>,
    router: Router,
    next_address: AtomicU8,
    marked: Arc<Mutex<Vec<String>>>,
    // Last, so that every connection is gone before the database is dropped.
    database: TestDatabase,
}

impl TestHouse {
    /// Opens a house of its own for one test.
    pub(crate) async fn open() -> Self {
        log_tap::listen();
        let database = TestDatabase::fresh().await;
        let store = database.store().await;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::new());
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let practice = PracticeId::new(clock.now(), entropy.as_ref());
        let key =
            KeyEncryptionKey::from_hex(&KeyEncryptionKey::generate_hex(entropy.as_ref())).expect("a key");
        let audit = audit_book(&key, practice);
        let vault = Arc::new(Vault::new(key, practice, Arc::clone(&entropy)));
        let [lee, okafor, frey, quinn, ana, ben, iris, paul, invited, invited_too] =
            people::move_in(&database, &vault, practice, clock.now(), entropy.as_ref()).await;
        let house = House {
            store: store.clone(),
            vault,
            clock: Arc::clone(&clock) as _,
            entropy: Arc::clone(&entropy),
            settings: Arc::new(Settings {
                public_origin: ORIGIN.parse().expect("an origin"),
                trusted_proxies: Vec::new(),
                log_client_addresses: true,
                mail: MailWay::Smtp,
            }),
            hasher: hasher(),
            hashing: HashingPermits::new(2),
            throttle: Arc::new(Mutex::new(Throttle::new())),
            audit: Arc::clone(&audit),
            hub: rooms(&store, &clock, &entropy),
        };
        let everybody = [&lee, &okafor, &frey, &quinn, &ana, &ben, &iris, &paul, &invited, &invited_too];
        let marked =
            everybody.iter().flat_map(|person| person.marked()).chain([PASSWORD.to_owned()]).collect();
        Self {
            clock,
            store,
            lee,
            okafor,
            frey,
            quinn,
            ana,
            ben,
            iris,
            paul,
            invited,
            invited_too,
            entropy,
            audit,
            router: router(house.clone()),
            house,
            next_address: AtomicU8::new(1),
            marked: Arc::new(Mutex::new(marked)),
            database,
        }
    }

    /// A browser that nobody used yet, on a network address of its own.
    pub(crate) fn browser(&self) -> Browser {
        let number = self.next_address.fetch_add(1, Ordering::Relaxed);
        Browser::new(self.router.clone(), &format!("192.0.2.{number}"), Arc::clone(&self.marked))
    }

    /// A browser in which somebody signed in, half a minute later: a code counts once.
    pub(crate) async fn sign_in(&self, person: &Person) -> Browser {
        self.clock.advance(Duration::from_secs(30));
        let mut browser = self.browser();
        browser.post("/api/v1/sign-in", person.password_form()).await.expect(200);
        browser.post("/api/v1/sign-in/code", json!({"code": self.code(person)})).await.expect(200);
        browser
    }

    /// The time in this house.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What somebody's authenticator shows now.
    pub(crate) fn code(&self, person: &Person) -> String {
        code_of(&person.secret, self.now())
    }

    /// A code that somebody's authenticator does not show now.
    pub(crate) fn another_code(&self, person: &Person) -> String {
        let secret = secret(&person.secret);
        let wrong = |code: &String| totp::matching_step(&secret, code, self.now()).is_none();
        (1..1_000).map(|number| format!("{number:06}")).find(wrong).expect("most codes are wrong")
    }

    /// A visit, arranged without asking anybody.
    pub(crate) async fn visit(&self, patient: &Person, clinician: &Person, colleagues: &[&Person]) -> String {
        let visit = VisitId::new(self.now(), self.entropy.as_ref());
        let (now, patient, clinician) = (sql_time(self.now()), &patient.id, &clinician.id);
        let mut sql = format!(
            "insert into curtain.visit (id, patient, clinician, scheduled_at, created_at) \
             values ('{visit}', '{patient}', '{clinician}', {now}, {now});"
        );
        let places = [(clinician, "clinician"), (patient, "patient")].into_iter();
        for (account, role) in places.chain(colleagues.iter().map(|one| (&one.id, "co_host"))) {
            let place = ParticipantId::new(self.now(), self.entropy.as_ref());
            let _ = write!(
                sql,
                "insert into curtain.visit_participant (id, visit, patient, account, role, created_at) \
                 values ('{place}', '{visit}', '{patient}', '{account}', '{role}', {now});"
            );
        }
        self.database.arrange(&sql).await;
        visit.to_string()
    }

    /// Lets a clinician see a patient, arranged without asking anybody.
    pub(crate) async fn put_in_care_of(&self, patient: &Person, clinician: &Person) {
        let sql = format!(
            "insert into curtain.care_team (patient, clinician, source, added_by) \
             values ('{}', '{}', 'by_hand', '{}')",
            patient.id, clinician.id, self.iris.id
        );
        self.database.arrange(&sql).await;
    }

    /// The token of a fresh activation link.
    pub(crate) async fn activation_link(&self, person: &Person) -> String {
        self.link(person, "invitation").await
    }

    /// The token of a fresh link of this kind.
    pub(crate) async fn link(&self, person: &Person, kind: &str) -> String {
        let token = ActivationToken::new(self.entropy.as_ref());
        let (id, hash) =
            (VisitId::new(self.now(), self.entropy.as_ref()), HEXLOWER.encode(token.hash().as_bytes()));
        let (account, now) = (&person.id, sql_time(self.now()));
        self.database
            .arrange(&format!(
                "insert into curtain.activation (id, account, token_hash, kind, created_at, expires_at) \
                 values ('{id}', '{account}', '\\x{hash}', '{kind}', {now}, {now} + interval '72 hours')"
            ))
            .await;
        self.marked.lock().expect("unpoisoned").push(token.to_text().to_string());
        token.to_text().to_string()
    }

    /// Puts an account into a state, as an administrator would.
    pub(crate) async fn set_state(&self, person: &Person, state: &str) {
        let sql = format!("update curtain.account set state = '{state}' where id = '{}'", person.id);
        self.database.arrange(&sql).await;
    }

    /// Gives an account another role, as an administrator would.
    pub(crate) async fn set_role(&self, person: &Person, role: &str) {
        let sql = format!("update curtain.account set role = '{role}' where id = '{}'", person.id);
        self.database.arrange(&sql).await;
    }

    /// Changes one byte of a stored note, as somebody with the database in hand could.
    pub(crate) async fn tamper_with_note(&self, visit: &str) {
        self.database
            .arrange(&format!(
                "update curtain.note set sealed_text = set_byte(sealed_text, length(sealed_text) - 60, \
                     (get_byte(sealed_text, length(sealed_text) - 60) + 1) % 256) where visit = '{visit}'"
            ))
            .await;
    }

    /// What no story can bring about by itself.
    pub(crate) async fn arrange(&self, sql: &str) {
        self.database.arrange(sql).await;
    }

    /// Numbers and signs what happened so far, as the server's sealer does.
    pub(crate) async fn seal(&self) {
        let sealer = Sealer::start(self.store.clone(), Arc::clone(&self.clock) as _, Arc::clone(&self.audit));
        sealer.stop(Duration::from_secs(20)).await;
    }

    /// Changes the log as somebody with all rights on the database could: triggers and foreign keys are off.
    pub(crate) async fn tamper(&self, sql: &str) {
        self.database.arrange(&format!("set session_replication_role = replica; {sql}")).await;
    }

    /// Something that must not be logged.
    pub(crate) fn mark(&self, word: &str) {
        self.marked.lock().expect("unpoisoned").push(word.to_owned());
    }
}

impl Drop for TestHouse {
    fn drop(&mut self) {
        if let Some(file) = self.audit.file() {
            // Most tests never sign anything.
            drop(std::fs::remove_file(file));
        }
        if !std::thread::panicking() {
            let marked = self.marked.lock().expect("unpoisoned");
            log_tap::assert_unheard(marked.iter().map(String::as_str));
        }
    }
}

/// Checkpoints leave the database, into a file of this house alone.
fn audit_book(key: &KeyEncryptionKey, practice: PracticeId) -> Arc<AuditBook> {
    let file = std::env::temp_dir().join(format!("curtain-audit-{practice}"));
    Arc::new(AuditBook::new(key.checkpoint_key(practice).expect("a key"), practice, Some(file)))
}

fn rooms(store: &Store, clock: &Arc<ManualClock>, entropy: &Arc<dyn Entropy>) -> Hub {
    let (events, media_news) = media_feed();
    let here = MediaConfig { threads: NonZeroUsize::MIN, ..MediaConfig::on([127, 0, 0, 1].into()) };
    let media = Arc::new(Media::start(&here, events).expect("a free port"));
    let (store, clock, entropy) = (store.clone(), Arc::clone(clock) as _, Arc::clone(entropy));
    Hub::start(HubParts { store, clock, entropy, media, media_news })
}

/// One hasher for all tests: its dummy hash takes as long as a sign-in.
fn hasher() -> Arc<PasswordHasher> {
    static HASHER: OnceLock<Arc<PasswordHasher>> = OnceLock::new();
    let new =
        || Arc::new(PasswordHasher::new(COST, &SystemEntropy::new()).expect("a cost that Argon2 takes"));
    Arc::clone(HASHER.get_or_init(new))
}

/// What an authenticator with this secret shows at this time.
pub(crate) fn code_of(base32: &str, at: Timestamp) -> String {
    secret(base32).code_at(at)
}

fn secret(base32: &str) -> TotpSecret {
    TotpSecret::from_bytes(&BASE32_NOPAD.decode(base32.as_bytes()).expect("base32")).expect("twenty bytes")
}

/// A time as SQL writes it.
fn sql_time(at: Timestamp) -> String {
    format!("to_timestamp({}.{:03})", at.unix_seconds(), at.unix_millis() % 1_000)
}
