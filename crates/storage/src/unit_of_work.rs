//! One transaction, tied to who acts in it.
//!
//! The context is set in the same statement list as `begin`: one round trip, and no moment in which a transaction is
//! open for nobody.

use core::marker::PhantomData;

use curtain_auth::ContextToken;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};

use crate::StorageError;

/// An open transaction. Dropped without `commit`, it rolls back.
pub(crate) struct UnitOfWork(Transaction<'static, Postgres>);

impl UnitOfWork {
    pub(crate) async fn begin(pool: &PgPool, context: Option<&ContextToken>) -> Result<Self, StorageError> {
        let Some(context) = context else { return Ok(Self(pool.begin().await?)) };
        // The one statement that is put together from parts: SET takes no parameters, and the part is 64 hexadecimal
        // digits by type.
        let begin = format!("begin; set local curtain.context = '{}'", *context.as_hex_literal());
        Ok(Self(pool.begin_with(AssertSqlSafe(begin)).await?))
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.0
    }

    pub(crate) async fn commit(self) -> Result<(), StorageError> {
        Ok(self.0.commit().await?)
    }
}

/// What a scope is made from.
pub(crate) trait Scope: Sized {
    /// Who acts: an account, or nobody where a machine acts.
    type Actor: Send;

    fn new(unit: UnitOfWork, actor: Self::Actor) -> Self;
}

/// A scope that may be entered. [`Opening::begin`] starts its unit of work.
#[expect(private_bounds, reason = "the list of scopes is this crate's own")]
pub struct Opening<'a, S: Scope> {
    pool: &'a PgPool,
    context: Option<ContextToken>,
    actor: S::Actor,
    scope: PhantomData<fn() -> S>,
}

#[expect(private_bounds, reason = "the list of scopes is this crate's own")]
impl<'a, S: Scope> Opening<'a, S> {
    pub(crate) const fn new(pool: &'a PgPool, context: Option<ContextToken>, actor: S::Actor) -> Self {
        Self { pool, context, actor, scope: PhantomData }
    }

    /// Starts a unit of work: one transaction, which counts only once it is committed.
    pub async fn begin(self) -> Result<S, StorageError> {
        let unit = UnitOfWork::begin(self.pool, self.context.as_ref()).await?;
        Ok(S::new(unit, self.actor))
    }
}
