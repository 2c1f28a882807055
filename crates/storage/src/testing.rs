//! A database per test: copied from a migrated template, dropped with the value.
//!
//! Tests of other crates use it too (feature `testing`). The template is made once per set of migrations, by whichever
//! test process comes first; the others wait for it.

use core::time::Duration;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

use crate::owner::migrations_fingerprint;
use crate::{Owner, Store, StoreConfig};

/// What to set, and what to run instead.
const NO_DATABASE: &str = "run cargo xtask test, or set CURTAIN_TEST_DATABASE_URL";
/// Any number, as long as it is always the same: the lock under which a template is made.
const TEMPLATE_LOCK: i64 = 0x0063_7572_7461_696E;

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A database of one test. It is dropped with this value, whoever is still connected.
pub struct TestDatabase {
    name: String,
    cluster: PgConnectOptions,
}

impl TestDatabase {
    /// A fresh, migrated, empty database.
    ///
    /// # Panics
    /// When there is no test cluster to make it in: a test that needs Postgres can't pass without one.
    pub async fn fresh() -> Self {
        let Ok(url) = std::env::var("CURTAIN_TEST_DATABASE_URL") else { panic!("{NO_DATABASE}") };
        let cluster: PgConnectOptions = url.parse().expect("CURTAIN_TEST_DATABASE_URL is a Postgres URL");
        let template = template(&cluster).await;
        let name = format!("curtain_test_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let database = Self { name, cluster };
        let mut admin = connect(&database.cluster).await;
        run(&mut admin, &format!("drop database if exists {} with (force)", database.name)).await;
        run(&mut admin, &format!("create database {} template {template}", database.name)).await;
        let mut own = connect(&database.options()).await;
        run(&mut own, "select curtain.close_database()").await;
        database
    }

    /// The URL of the superuser who owns it.
    pub fn owner_url(&self) -> String {
        self.options().to_url_lossy().to_string()
    }

    /// The same URL with another user, to speak SQL as a scope's role.
    pub fn url_as(&self, role: &str) -> String {
        self.options().username(role).to_url_lossy().to_string()
    }

    /// The owner's connection.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn owner(&self) -> Owner {
        Owner::connect(&self.owner_url()).await.expect("the test database answers")
    }

    /// Runs statements as the owner: arranges what no scope can make, or breaks what no scope can break.
    ///
    /// # Panics
    /// When Postgres refuses them.
    pub async fn arrange(&self, statements: &str) {
        run(&mut connect(&self.options()).await, statements).await;
    }

    /// What a query of one text column finds, asked as the owner.
    ///
    /// # Panics
    /// When Postgres refuses it.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let mut owner = connect(&self.options()).await;
        let rows: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(query.to_owned())).fetch_all(&mut owner).await.expect("an answer");
        rows.into_iter().map(|(text,)| text).collect()
    }

    /// A store with small pools.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn store(&self) -> Store {
        // Hundreds of requests at once, beside other tests on the same cores: who has to wait is no question here.
        let acquire_timeout = Duration::from_mins(2);
        let config =
            StoreConfig { connections_per_scope: 4, acquire_timeout, ..StoreConfig::new(self.owner_url()) };
        Store::connect(config).await.expect("the test database answers")
    }

    fn options(&self) -> PgConnectOptions {
        self.cluster.clone().database(&self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (cluster, name) = (self.cluster.clone(), self.name.clone());
        // A runtime of its own: a test's runtime can't be waited on from inside of itself.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut admin = connect(&cluster).await;
                run(&mut admin, &format!("drop database if exists {name} with (force)")).await;
            });
            Ok::<(), std::io::Error>(())
        })
        .join();
        assert!(dropped.is_ok() || std::thread::panicking(), "the test database could not be dropped");
    }
}

/// The name of a migrated template; makes it when it is not there yet.
async fn template(cluster: &PgConnectOptions) -> String {
    let name = format!("curtain_template_{}", migrations_fingerprint());
    let mut admin = connect(cluster).await;
    sqlx::query("select pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut admin).await.expect("a lock");
    let ready: Option<(bool,)> = sqlx::query_as("select datistemplate from pg_database where datname = $1")
        .bind(&name)
        .fetch_optional(&mut admin)
        .await
        .expect("the list of databases");
    if ready != Some((true,)) {
        // Half a template is left when its maker was killed.
        run(&mut admin, &format!("drop database if exists {name} with (force)")).await;
        run(&mut admin, &format!("create database {name}")).await;
        let options = cluster.clone().database(&name);
        let mut owner = Owner::connect(options.to_url_lossy().as_str()).await.expect("the template answers");
        owner.migrate().await.expect("the migrations run");
        owner.0.close().await.expect("the template is left alone");
        run(&mut admin, &format!("alter database {name} is_template true allow_connections false")).await;
    }
    // Closing the connection lets the lock go.
    admin.close().await.expect("the cluster answers");
    name
}

async fn connect(options: &PgConnectOptions) -> PgConnection {
    options.connect().await.expect("the test cluster answers")
}

/// Statements about databases take no parameters; the names are made here from numbers.
async fn run(connection: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(connection)
        .await
        .expect("a statement about databases");
}
