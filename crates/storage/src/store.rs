//! The pools, one per database role, and the doors to the scopes.

use core::time::Duration;

use curtain_auth::{Administrator, Auditor, Clinician, Patient, Principal};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Executor as _, PgPool};

use crate::unit_of_work::Opening;
use crate::{
    AdminScope, AuditorScope, ClinicianScope, CredentialScope, Owner, PatientScope, Practice, StorageError,
    WorkerScope,
};

/// How to reach Postgres.
#[derive(Clone)]
pub struct StoreConfig {
    /// A Postgres URL. Its user is replaced by the role of each scope.
    pub url: String,
    /// The most connections per scope. Six pools share what `max_connections` allows (100 by default).
    pub connections_per_scope: u32,
    /// How long a request may wait for a connection before it is told to come back.
    pub acquire_timeout: Duration,
}

impl StoreConfig {
    /// The usual settings for a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), connections_per_scope: 8, acquire_timeout: Duration::from_secs(5) }
    }
}

/// Every door into the database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    credentials: PgPool,
    patient: PgPool,
    clinician: PgPool,
    admin: PgPool,
    auditor: PgPool,
    worker: PgPool,
}

impl Store {
    /// Opens a pool per scope and makes sure that the database answers.
    pub async fn connect(config: StoreConfig) -> Result<Self, StorageError> {
        let options: PgConnectOptions = config.url.parse().map_err(|_| StorageError::BadUrl)?;
        let pool = |role| pool(&config, &options, role);
        let store = Self {
            credentials: pool("curtain_credentials"),
            patient: pool("curtain_patient"),
            clinician: pool("curtain_clinician"),
            admin: pool("curtain_admin"),
            auditor: pool("curtain_auditor"),
            worker: pool("curtain_worker"),
        };
        store.ping().await?;
        Ok(store)
    }

    /// Brings the schema up to date, as its owner. The server itself never needs that right.
    pub async fn migrate(owner_url: &str) -> Result<(), StorageError> {
        Owner::connect(owner_url).await?.migrate().await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("select 1").execute(&self.credentials).await?;
        Ok(())
    }

    /// Whether the role of every scope can sign in to Postgres.
    pub async fn check_roles(&self) -> Result<(), StorageError> {
        for pool in
            [&self.credentials, &self.patient, &self.clinician, &self.admin, &self.auditor, &self.worker]
        {
            sqlx::query("select 1").execute(pool).await?;
        }
        Ok(())
    }

    /// The practice that lives in this database; `None` before it was set up.
    pub async fn practice(&self) -> Result<Option<Practice>, StorageError> {
        self.credentials().begin().await?.practice().await
    }

    /// Signing in: the only scope open to strangers.
    pub const fn credentials(&self) -> Opening<'_, CredentialScope> {
        Opening::of_machine(&self.credentials, ())
    }

    /// What a patient may do.
    pub fn patient(&self, by: &Principal<Patient>) -> Opening<'_, PatientScope> {
        Opening::of_person(&self.patient, by.identity(), by.account())
    }

    /// What a clinician may do.
    pub fn clinician(&self, by: &Principal<Clinician>) -> Opening<'_, ClinicianScope> {
        Opening::of_person(&self.clinician, by.identity(), by.account())
    }

    /// What an administrator may do.
    pub fn admin(&self, by: &Principal<Administrator>) -> Opening<'_, AdminScope> {
        Opening::of_person(&self.admin, by.identity(), by.account())
    }

    /// What an auditor may do.
    pub fn auditor(&self, by: &Principal<Auditor>) -> Opening<'_, AuditorScope> {
        Opening::of_person(&self.auditor, by.identity(), ())
    }

    /// What the rooms of visits write down. No person acts.
    pub const fn worker(&self) -> Opening<'_, WorkerScope> {
        Opening::of_machine(&self.worker, ())
    }

    /// Closes every connection, for a clean stop.
    pub async fn close(&self) {
        for pool in
            [&self.credentials, &self.patient, &self.clinician, &self.admin, &self.auditor, &self.worker]
        {
            pool.close().await;
        }
    }
}

fn pool(config: &StoreConfig, options: &PgConnectOptions, role: &str) -> PgPool {
    let options = options
        .clone()
        .username(role)
        .application_name("curtain")
        // A statement list that holds a context token must reach no log.
        .disable_statement_logging()
        // DISCARD ALL below forgets prepared statements, so none may be remembered here.
        .statement_cache_capacity(0)
        // No request of ours takes a second; a runaway one must not hold a connection, nor an abandoned one its locks.
        .options([("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "30s")]);
    PgPoolOptions::new()
        .max_connections(config.connections_per_scope)
        .acquire_timeout(config.acquire_timeout)
        // Nothing that one person's work left in a session may meet the next person's.
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.execute("discard all").await?;
                Ok(true)
            })
        })
        .connect_lazy_with(options)
}
