//! The demo practice: everybody knows its people, passwords and seeds, so a server that is not a demo refuses it.
//!
//! Ids are fixed, so that seeding twice changes nothing. Hashes and sealed seeds come from the caller: storage names no
//! cipher.

use core::time::Duration;

use curtain_auth::PasswordPhc;
use curtain_domain::{
    AccountId, Entropy, ParticipantId, PracticeId, Role, Sealed, Timestamp, TotpSeed, VisitId, VisitRole,
    WrappedDataKey,
};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::{Owner, Practice, StorageError};

/// The demo practice. A server that is not a demo refuses a database that holds it.
pub const PRACTICE_ID: PracticeId = PracticeId::from_uuid(fixed(1));
/// What it is called.
pub const PRACTICE_NAME: &str = "Curtain Demo Practice";
/// The password of all demo accounts.
pub const PASSWORD: &str = "curtain demo visit 2026";
/// The version that the sealed seeds of the demo stand under, for the context they are sealed in.
pub const TOTP_VERSION: u32 = 1;

const DAY: Duration = Duration::from_hours(24);

/// Somebody of the demo.
#[derive(Debug, Clone, Copy)]
pub struct DemoAccount {
    /// Which account.
    pub account: AccountId,
    /// What others call them.
    pub name: &'static str,
    /// Where they sign in with.
    pub email: &'static str,
    /// What they are in the practice.
    pub role: Role,
    /// The seed of their authenticator, public like the rest.
    pub totp_seed: [u8; 20],
}

const LEE: AccountId = AccountId::from_uuid(fixed(0x11));
const OKAFOR: AccountId = AccountId::from_uuid(fixed(0x12));
const ANA: AccountId = AccountId::from_uuid(fixed(0x13));
const BEN: AccountId = AccountId::from_uuid(fixed(0x14));
const IRIS: AccountId = AccountId::from_uuid(fixed(0x15));
const PAUL: AccountId = AccountId::from_uuid(fixed(0x16));

/// The people of the demo.
pub const ACCOUNTS: [DemoAccount; 6] = [
    person(LEE, "Dr Maya Lee", "lee@demo.curtain.example", Role::Clinician, *b"curtain demo seed 01"),
    person(OKAFOR, "Dr Tom Okafor", "okafor@demo.curtain.example", Role::Clinician, *b"curtain demo seed 02"),
    person(ANA, "Ana Ruiz", "ana@demo.curtain.example", Role::Patient, *b"curtain demo seed 03"),
    person(BEN, "Ben Carter", "ben@demo.curtain.example", Role::Patient, *b"curtain demo seed 04"),
    person(IRIS, "Iris Novak", "iris@demo.curtain.example", Role::Administrator, *b"curtain demo seed 05"),
    person(PAUL, "Paul Weber", "paul@demo.curtain.example", Role::Auditor, *b"curtain demo seed 06"),
];

/// The visits of the demo: with whom, and how far from now.
const VISITS: [(u8, AccountId, Duration); 2] = [(0x21, ANA, Duration::ZERO), (0x22, BEN, DAY)];

const fn person(
    account: AccountId,
    name: &'static str,
    email: &'static str,
    role: Role,
    seed: [u8; 20],
) -> DemoAccount {
    DemoAccount { account, name, email, role, totp_seed: seed }
}

/// A UUID version 8 (RFC 9562 §5.8) that ends in this byte and is plainly nobody's.
const fn fixed(last: u8) -> Uuid {
    Uuid::from_bytes([0xDE, 0x30, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, last])
}

/// What the demo's accounts sign in with.
pub struct DemoSeed {
    /// The practice's data key for credentials.
    pub credential_key: WrappedDataKey,
    /// Hash of the password and sealed seed of each account.
    pub credentials: Vec<DemoCredential>,
}

/// What one account of the demo signs in with.
pub struct DemoCredential {
    /// Which account.
    pub account: AccountId,
    /// Its password.
    pub password: PasswordPhc,
    /// Its seed, sealed under `DemoSeed::credential_key` for `TOTP_VERSION`.
    pub seed: Sealed<TotpSeed>,
}

impl Owner {
    /// Whether the demo was seeded before.
    pub async fn holds_demo(&mut self) -> Result<bool, StorageError> {
        Ok(self.practice().await?.is_some_and(|practice| practice.id == PRACTICE_ID))
    }

    /// Makes the demo practice with its people. Where they exist already, nothing changes. Then `refresh_demo`.
    pub async fn seed_demo(&mut self, seed: &DemoSeed, now: Timestamp) -> Result<(), StorageError> {
        let practice = Practice { id: PRACTICE_ID, name: PRACTICE_NAME.to_owned() };
        if self.set_up_practice(&practice, now).await?.id != PRACTICE_ID {
            return Err(StorageError::Constraint("practice_is_one".to_owned()));
        }
        let mut transaction = self.0.begin().await?;
        let existing: Option<(Uuid,)> =
            sqlx::query_as("select id from curtain.credential_key").fetch_optional(&mut *transaction).await?;
        if existing.is_some() {
            return Ok(());
        }
        insert_key(&mut transaction, &seed.credential_key, now).await?;
        for person in &ACCOUNTS {
            insert_account(&mut transaction, person, now).await?;
        }
        for credential in &seed.credentials {
            insert_credential(&mut transaction, credential, &seed.credential_key, now).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Makes sure that a visit is due now and another tomorrow: moves those that nobody came to, makes new ones where
    /// the old ones ended.
    pub async fn refresh_demo(&mut self, now: Timestamp, entropy: &dyn Entropy) -> Result<(), StorageError> {
        let mut transaction = self.0.begin().await?;
        for (first_id, patient, from_now) in VISITS {
            let due = now + from_now;
            let moved = sqlx::query(
                "update curtain.visit set scheduled_at = $3 \
                 where id = (select id from curtain.visit where clinician = $1 and patient = $2 \
                     and state in ('scheduled', 'waiting', 'in_progress') order by scheduled_at desc limit 1)",
            )
            .bind(LEE.as_uuid())
            .bind(patient.as_uuid())
            .bind(due.to_date_time())
            .execute(&mut *transaction)
            .await?;
            if moved.rows_affected() == 0 {
                insert_visit(&mut transaction, fixed(first_id), patient, due, now, entropy).await?;
            }
        }
        Ok(transaction.commit().await?)
    }
}

async fn insert_key(to: &mut PgConnection, key: &WrappedDataKey, now: Timestamp) -> Result<(), StorageError> {
    sqlx::query(
        "insert into curtain.credential_key (id, wrapped_by, wrapped, created_at) values ($1, $2, $3, $4)",
    )
    .bind(key.id.as_uuid())
    .bind(&key.wrapped_by.0)
    .bind(&key.bytes)
    .bind(now.to_date_time())
    .execute(to)
    .await?;
    Ok(())
}

async fn insert_account(
    to: &mut PgConnection,
    person: &DemoAccount,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "insert into curtain.account (id, email, name, role, state, created_at) values ($1, $2, $3, $4, 'active', $5)",
    )
    .bind(person.account.as_uuid())
    .bind(person.email)
    .bind(person.name)
    .bind(person.role.as_str())
    .bind(now.to_date_time())
    .execute(to)
    .await?;
    Ok(())
}

async fn insert_credential(
    to: &mut PgConnection,
    credential: &DemoCredential,
    key: &WrappedDataKey,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query("insert into curtain.password (account, phc, changed_at) values ($1, $2, $3)")
        .bind(credential.account.as_uuid())
        .bind(credential.password.as_str())
        .bind(now.to_date_time())
        .execute(&mut *to)
        .await?;
    sqlx::query(
        "insert into curtain.totp (account, version, sealed_seed, credential_key, confirmed_at) \
         values ($1, $2, $3, $4, $5)",
    )
    .bind(credential.account.as_uuid())
    .bind(i32::try_from(TOTP_VERSION).unwrap_or(1))
    .bind(credential.seed.as_bytes())
    .bind(key.id.as_uuid())
    .bind(now.to_date_time())
    .execute(to)
    .await?;
    Ok(())
}

/// The first visit of its kind has a fixed id, those after it have new ones.
async fn insert_visit(
    to: &mut PgConnection,
    first_id: Uuid,
    patient: AccountId,
    due: Timestamp,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(), StorageError> {
    let taken: Option<(Uuid,)> = sqlx::query_as("select id from curtain.visit where id = $1")
        .bind(first_id)
        .fetch_optional(&mut *to)
        .await?;
    let visit = if taken.is_some() { VisitId::new(now, entropy).as_uuid() } else { first_id };
    sqlx::query(
        "insert into curtain.visit (id, patient, clinician, scheduled_at, created_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(visit)
    .bind(patient.as_uuid())
    .bind(LEE.as_uuid())
    .bind(due.to_date_time())
    .bind(now.to_date_time())
    .execute(&mut *to)
    .await?;
    for (account, role) in [(LEE, VisitRole::Clinician), (patient, VisitRole::Patient)] {
        sqlx::query(
            "insert into curtain.visit_participant (id, visit, patient, account, role, created_at) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(ParticipantId::new(now, entropy).as_uuid())
        .bind(visit)
        .bind(patient.as_uuid())
        .bind(account.as_uuid())
        .bind(role.as_str())
        .bind(now.to_date_time())
        .execute(&mut *to)
        .await?;
    }
    Ok(())
}
