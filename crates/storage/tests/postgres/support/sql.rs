//! SQL as an attacker would speak it: past all of our own types, as one of the login roles.

use curtain_auth::ContextToken;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, Row as _};

/// Why Postgres refused a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No grant, or no right to do this at all (42501).
    Denied,
    /// A grant, but the row policy refused the row (42501 too).
    Policy,
    /// Something else, by its code and message.
    Other(String),
}

pub(crate) async fn connect(url: &str) -> PgConnection {
    let options: sqlx::postgres::PgConnectOptions = url.parse().expect("a URL of the test database");
    options.connect().await.expect("the test database answers")
}

/// Runs what must succeed.
pub(crate) async fn run(connection: &mut PgConnection, statement: &str) {
    if let Err(refusal) = attempt(connection, statement).await {
        panic!("{statement}: {refusal:?}");
    }
}

/// Runs a statement (or several) and tells how many rows it touched.
pub(crate) async fn attempt(connection: &mut PgConnection, statement: &str) -> Result<u64, Refusal> {
    let done = connection.execute(AssertSqlSafe(statement.to_owned())).await;
    done.map(|result| result.rows_affected()).map_err(|error| refusal(&error))
}

/// The one number that a query gives.
pub(crate) async fn number(connection: &mut PgConnection, query: &str) -> Result<i64, Refusal> {
    let row = connection.fetch_one(AssertSqlSafe(query.to_owned())).await.map_err(|error| refusal(&error))?;
    Ok(row.get(0))
}

/// The first column of each row, as text.
pub(crate) async fn texts(connection: &mut PgConnection, query: &str) -> Vec<String> {
    let rows = connection
        .fetch_all(AssertSqlSafe(query.to_owned()))
        .await
        .unwrap_or_else(|e| panic!("{query}: {e}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// Opens a transaction for a context, exactly as a unit of work does.
pub(crate) async fn begin(connection: &mut PgConnection, context: Option<&ContextToken>) {
    run(connection, "begin").await;
    if let Some(context) = context {
        let literal = context.as_hex_literal();
        run(connection, &format!("set local curtain.context = '{}'", *literal)).await;
    }
}

fn refusal(error: &sqlx::Error) -> Refusal {
    let Some(database) = error.as_database_error() else { return Refusal::Other(error.to_string()) };
    match database.code().as_deref() {
        Some("42501") if database.message().contains("row-level security") => Refusal::Policy,
        Some("42501") => Refusal::Denied,
        code => Refusal::Other(format!("{}: {}", code.unwrap_or("?"), database.message())),
    }
}
