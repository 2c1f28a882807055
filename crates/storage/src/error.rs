//! What can go wrong in Postgres, without a word of what was asked: a driver's message may hold names and addresses.

use sqlx::postgres::PgDatabaseError;

/// Why a unit of work failed. "Not found" is no error: it is `None`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// No connection, or none free in time. Worth another try.
    #[error("the database can't be reached")]
    Unavailable,
    /// The login role may not do this, or a row policy refused the row. A mistake of ours, or an attack.
    #[error("the database role may not do this")]
    NotAllowed,
    /// A constraint said no; its name is all that is kept.
    #[error("the constraint {0} refused the row")]
    Constraint(String),
    /// A row holds what no code of ours writes.
    #[error("a stored {0} can't be read")]
    Damaged(&'static str),
    /// Another answer of Postgres, by its code.
    #[error("the database answered with code {0}")]
    Refused(String),
    /// The address of the database can't be parsed.
    #[error("the database URL can't be read")]
    BadUrl,
    /// The schema could not be brought up to date.
    #[error("the migrations failed: {0}")]
    Migration(String),
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        let Some(refusal) = error.as_database_error() else {
            return match error {
                sqlx::Error::ColumnDecode { .. }
                | sqlx::Error::Decode(_)
                | sqlx::Error::ColumnNotFound(_) => Self::Damaged("column"),
                _ => Self::Unavailable,
            };
        };
        let code = refusal.try_downcast_ref::<PgDatabaseError>().map_or("", PgDatabaseError::code);
        match (code, refusal.constraint()) {
            // insufficient_privilege, also for a row that a policy refuses.
            ("42501", _) => Self::NotAllowed,
            // Connection exceptions, "the database is starting up" and its kin, too many connections.
            // A statement or lock that took too long, a rolled-back transaction: the same words may succeed next time.
            (code, _)
                if code.starts_with("08")
                    || code.starts_with("57P")
                    || code.starts_with("40")
                    || matches!(code, "53300" | "57014" | "25P03" | "55P03") =>
            {
                Self::Unavailable
            }
            (_, Some(constraint)) => Self::Constraint(constraint.to_owned()),
            (code, None) => Self::Refused(code.to_owned()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StorageError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        // Migrations hold no personal data, and whoever runs them needs the reason.
        Self::Migration(error.to_string())
    }
}
