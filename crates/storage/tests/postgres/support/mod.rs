//! A small practice to tell stories in: two clinicians, two patients, an administrator, an auditor, all signed in.

pub(crate) mod matrix;
pub(crate) mod sql;

use std::sync::Arc;
use std::time::Duration;

use curtain_auth::{
    Administrator, AnyPrincipal, Auditor, Clinician, NewSession, PasswordPhc, Patient, Principal,
    SystemEntropy, TotpSecret,
};
use curtain_domain::{AccountId, Clock as _, SystemClock, Timestamp, VisitId};
use curtain_storage::demo::{self, ACCOUNTS, DemoCredential, DemoSeed};
use curtain_storage::testing::TestDatabase;
use curtain_storage::{CareTeamJoin, Store, Visit};
use curtain_vault::{CredentialContext, KeyEncryptionKey, Vault};

/// Dr Maya Lee, who runs the visits of the demo.
pub(crate) const LEE: AccountId = ACCOUNTS[0].account;
/// Dr Tom Okafor, a colleague.
pub(crate) const OKAFOR: AccountId = ACCOUNTS[1].account;
/// Ana Ruiz, a patient with a visit now.
pub(crate) const ANA: AccountId = ACCOUNTS[2].account;
/// Ben Carter, a patient with a visit tomorrow.
pub(crate) const BEN: AccountId = ACCOUNTS[3].account;
/// Iris Novak, the administrator.
pub(crate) const IRIS: AccountId = ACCOUNTS[4].account;
/// Paul Weber, the auditor.
pub(crate) const PAUL: AccountId = ACCOUNTS[5].account;

/// A seeded database and what it takes to use it.
pub(crate) struct World {
    /// Dropped last, so that the store is closed first.
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) entropy: Arc<SystemEntropy>,
    pub(crate) now: Timestamp,
    pub(crate) database: TestDatabase,
}

impl World {
    /// The demo practice, due visits and all. Hashes are not real: nobody types a password here.
    pub(crate) async fn seeded() -> Self {
        let database = TestDatabase::fresh().await;
        let entropy = Arc::new(SystemEntropy::new());
        let kek = KeyEncryptionKey::demo().unwrap_or_else(|error| panic!("{error}"));
        let vault = Vault::new(kek, demo::PRACTICE_ID, entropy.clone());
        let now = SystemClock.now();
        let mut owner = database.owner().await;
        owner.seed_demo(&seed(&vault, now), now).await.unwrap();
        owner.refresh_demo(now, &*entropy).await.unwrap();
        Self { store: database.store().await, vault, entropy, now, database }
    }

    /// Signs an account in, as both factors together do, at a time.
    pub(crate) async fn sign_in_at(&self, account: AccountId, at: Timestamp) -> (AnyPrincipal, NewSession) {
        let role =
            ACCOUNTS.iter().find(|person| person.account == account).expect("somebody of the demo").role;
        let session = NewSession::issue(role, at, &*self.entropy);
        let mut scope = self.store.credentials().begin().await.unwrap();
        assert!(scope.create_session(account, &session).await.unwrap());
        let stored = scope.session(session.token.hash()).await.unwrap().expect("the session just made");
        scope.commit().await.unwrap();
        (stored.admit(&session.token, at).unwrap(), session)
    }

    /// Signs an account in now.
    pub(crate) async fn sign_in(&self, account: AccountId) -> AnyPrincipal {
        self.sign_in_at(account, self.now).await.0
    }

    pub(crate) async fn lee(&self) -> Principal<Clinician> {
        self.sign_in(LEE).await.into_clinician().unwrap()
    }

    pub(crate) async fn okafor(&self) -> Principal<Clinician> {
        self.sign_in(OKAFOR).await.into_clinician().unwrap()
    }

    pub(crate) async fn ana(&self) -> Principal<Patient> {
        self.sign_in(ANA).await.into_patient().unwrap()
    }

    pub(crate) async fn ben(&self) -> Principal<Patient> {
        self.sign_in(BEN).await.into_patient().unwrap()
    }

    pub(crate) async fn iris(&self) -> Principal<Administrator> {
        self.sign_in(IRIS).await.into_administrator().unwrap()
    }

    pub(crate) async fn paul(&self) -> Principal<Auditor> {
        self.sign_in(PAUL).await.into_auditor().unwrap()
    }

    /// The visit of Lee with this patient.
    pub(crate) async fn visit_with(&self, patient: AccountId) -> Visit {
        let lee = self.lee().await;
        let mut scope = self.store.clinician(&lee).begin().await.unwrap();
        let visits = scope.visits().await.unwrap();
        visits.into_iter().find(|visit| visit.patient.account == patient).expect("a visit of the demo")
    }

    /// Invites Okafor to a visit of Lee.
    pub(crate) async fn invite_okafor(&self, visit: VisitId) -> Visit {
        let lee = self.lee().await;
        let mut scope = self.store.clinician(&lee).begin().await.unwrap();
        let added = scope.add_colleague(visit, OKAFOR, self.now, &*self.entropy).await.unwrap().unwrap();
        scope.commit().await.unwrap();
        added.visit
    }

    /// Lets a clinician see a patient, by hand, as Iris does.
    pub(crate) async fn put_in_care_of(&self, patient: AccountId, clinician: AccountId) {
        let iris = self.iris().await;
        let mut scope = self.store.admin(&iris).begin().await.unwrap();
        assert_eq!(scope.add_to_care_team(patient, clinician).await.unwrap(), CareTeamJoin::Joined);
        scope.commit().await.unwrap();
    }

    /// Ends that again, at once.
    pub(crate) async fn end_care(&self, patient: AccountId, clinician: AccountId) {
        let iris = self.iris().await;
        let mut scope = self.store.admin(&iris).begin().await.unwrap();
        assert!(scope.end_care(patient, clinician, None).await.unwrap());
        scope.commit().await.unwrap();
    }
}

/// What the demo's accounts sign in with; the hashes are of nothing.
pub(crate) fn seed(vault: &Vault, now: Timestamp) -> DemoSeed {
    let credential_key = vault.new_data_key(None, now).unwrap();
    let credentials = ACCOUNTS
        .iter()
        .map(|person| {
            let context = CredentialContext::totp(credential_key.clone(), person.account, demo::TOTP_VERSION);
            let secret = TotpSecret::from_bytes(&person.totp_seed).unwrap();
            DemoCredential {
                account: person.account,
                password: PasswordPhc::from_text("$argon2id$not-a-hash".to_owned()),
                seed: vault.seal_totp(&context, &secret).unwrap(),
            }
        })
        .collect();
    DemoSeed { credential_key, credentials }
}

/// An hour.
pub(crate) const HOUR: Duration = Duration::from_hours(1);
