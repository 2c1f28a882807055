//! What only the owner of the database does: bring the schema up to date, and set up what no scope may make.
//!
//! The owner connects for a command (`migrate`, `create-admin`, the demo's seeding) and leaves; a running server holds
//! no connection of this kind.

use curtain_auth::ActivationHash;
use curtain_domain::{AccountId, EmailAddress, PersonName, SessionId, Timestamp};
use sqlx::migrate::Migrator;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::scope::LINK_LIFETIME;
use crate::{AuditEvent, Contact, NewLink, NewMail, Post, Practice, StorageError, audit, query};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// A connection of the owner.
pub struct Owner(pub(crate) PgConnection);

/// An administrator to be invited.
pub struct NewAdministrator {
    /// Which account.
    pub account: AccountId,
    /// Where they will sign in with.
    pub email: EmailAddress,
    /// What others call them.
    pub name: PersonName,
    /// The hash of their activation link.
    pub link: ActivationHash,
    /// An id for that link, which nobody needs but the table.
    pub link_id: SessionId,
}

impl Owner {
    /// Connects as the user that the URL names.
    pub async fn connect(owner_url: &str) -> Result<Self, StorageError> {
        let options: sqlx::postgres::PgConnectOptions =
            owner_url.parse().map_err(|_| StorageError::BadUrl)?;
        Ok(Self(PgConnection::connect_with(&options).await?))
    }

    /// Brings the schema up to date and closes the database to everybody but the scopes.
    pub async fn migrate(&mut self) -> Result<(), StorageError> {
        migrator().run_direct(None, &mut self.0, false).await?;
        let mut transaction = self.0.begin().await?;
        for statement in [
            // Two servers may start at once: Postgres refuses the second of two changes to one table's row ("tuple
            // concurrently updated") instead of waiting.
            "select pg_advisory_xact_lock(4849171912)",
            // Not a table of anybody's data, but every table is forced: no exception to explain.
            "alter table curtain_migrations.applied enable row level security, force row level security",
            "select curtain.close_database()",
        ] {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Names the practice of this database; the first one stays.
    pub async fn set_up_practice(
        &mut self,
        practice: &Practice,
        now: Timestamp,
    ) -> Result<Practice, StorageError> {
        sqlx::query(
            "insert into curtain.practice (id, name, created_at) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(practice.id.as_uuid())
        .bind(&practice.name)
        .bind(now.to_date_time())
        .execute(&mut self.0)
        .await?;
        self.practice().await?.ok_or(StorageError::Damaged("practice"))
    }

    /// The practice of this database.
    pub async fn practice(&mut self) -> Result<Option<Practice>, StorageError> {
        query::practice(&mut self.0).await
    }

    /// Invites an administrator: an account without credentials and a link that works for 72 hours.
    /// An address that is taken is `StorageError::Constraint("account_email_key")`.
    pub async fn create_administrator(
        &mut self,
        new: &NewAdministrator,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query(
            "insert into curtain.account (id, email, name, role, state, created_at) \
             values ($1, $2, $3, 'administrator', 'invited', $4)",
        )
        .bind(new.account.as_uuid())
        .bind(new.email.as_str())
        .bind(new.name.as_str())
        .bind(now.to_date_time())
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "insert into curtain.activation (id, account, token_hash, created_at, expires_at) \
             values ($1, $2, $3, $4, $5)",
        )
        .bind(new.link_id.as_uuid())
        .bind(new.account.as_uuid())
        .bind(new.link.as_bytes().as_slice())
        .bind(now.to_date_time())
        .bind((now + LINK_LIFETIME).to_date_time())
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Whom a letter goes to about an account.
    pub async fn contact(&mut self, email: &EmailAddress) -> Result<Option<Contact>, StorageError> {
        let row: Option<(Uuid,)> = sqlx::query_as("select id from curtain.account where email = $1")
            .bind(email.as_str())
            .fetch_optional(&mut self.0)
            .await?;
        let Some((account,)) = row else { return Ok(None) };
        Post(&mut self.0).contact(AccountId::from_uuid(account)).await
    }

    /// Approves a reset of password and second factor, as whoever holds the server's console: for a practice with one
    /// administrator. False, and no letter, when none waits.
    pub async fn approve_access_reset(
        &mut self,
        email: &EmailAddress,
        link: NewLink,
        letter: &NewMail,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.0.begin().await?;
        let approved: Option<(Uuid,)> = sqlx::query_as(
            "update curtain.access_reset set approved_on_console = true, approved_at = clock_timestamp() \
             where account = (select id from curtain.account where email = $1 and state <> 'suspended') \
                 and approved_at is null and withdrawn_at is null and expires_at > clock_timestamp() \
             returning account",
        )
        .bind(email.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some((account,)) = approved else { return Ok(false) };
        sqlx::query("update curtain.account set state = 'invited' where id = $1")
            .bind(account)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "insert into curtain.activation (id, account, token_hash, kind, created_at, expires_at) \
             values ($1, $2, $3, 'new_credentials', $4, $5)",
        )
        .bind(link.id.as_uuid())
        .bind(account)
        .bind(link.hash.as_bytes().as_slice())
        .bind(now.to_date_time())
        .bind((now + LINK_LIFETIME).to_date_time())
        .execute(&mut *transaction)
        .await?;
        let event = AuditEvent::AccessResetApproved { person: AccountId::from_uuid(account) };
        audit::record(&mut transaction, None, &event, now).await?;
        Post(&mut transaction).queue(letter, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// The migrations, noted in a schema that no scope can see.
fn migrator() -> Migrator {
    let mut migrator =
        Migrator { migrations: MIGRATIONS.migrations.clone(), ..Migrator::with_migrations(Vec::new()) };
    migrator.dangerous_set_table_name("curtain_migrations.applied");
    migrator.create_schema("curtain_migrations");
    migrator
}

/// Changes whenever a migration does, so that a test's template can't be older than the code.
#[cfg(feature = "testing")]
pub(crate) fn migrations_fingerprint() -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    for migration in MIGRATIONS.iter() {
        migration.checksum.hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
