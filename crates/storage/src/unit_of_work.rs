//! One transaction, tied to who acts in it.
//!
//! The context is set in the same statement list as `begin`: one round trip, and no moment in which a transaction is
//! open for nobody.

use core::marker::PhantomData;

use curtain_auth::{ContextToken, Identity};
use curtain_domain::Timestamp;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};

use crate::StorageError;
use crate::audit::{self, Actor, AuditEvent};

/// An open transaction. Dropped without `commit`, it rolls back.
pub(crate) struct UnitOfWork {
    transaction: Transaction<'static, Postgres>,
    /// Who acts, for the audit log; `None` where a machine does, or nobody yet.
    by: Option<Actor>,
}

impl UnitOfWork {
    pub(crate) async fn begin(
        pool: &PgPool,
        context: Option<&ContextToken>,
        by: Option<Actor>,
    ) -> Result<Self, StorageError> {
        let Some(context) = context else { return Ok(Self { transaction: pool.begin().await?, by }) };
        // The one statement that is put together from parts: SET takes no parameters, and the part is 64 hexadecimal
        // digits by type.
        let begin = format!("begin; set local curtain.context = '{}'", *context.as_hex_literal());
        Ok(Self { transaction: pool.begin_with(AssertSqlSafe(begin)).await?, by })
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Writes down that the one who acts did this; it counts together with the rest of this work, or not at all.
    pub(crate) async fn record(&mut self, event: &AuditEvent, now: Timestamp) -> Result<(), StorageError> {
        self.record_by(self.by, event, now).await
    }

    /// The same, where it is not the scope that says who acts.
    pub(crate) async fn record_by(
        &mut self,
        by: Option<Actor>,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        audit::record(&mut self.transaction, by, event, now).await
    }

    pub(crate) async fn commit(self) -> Result<(), StorageError> {
        Ok(self.transaction.commit().await?)
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
    by: Option<Actor>,
    actor: S::Actor,
    scope: PhantomData<fn() -> S>,
}

#[expect(private_bounds, reason = "the list of scopes is this crate's own")]
impl<'a, S: Scope> Opening<'a, S> {
    /// For a machine.
    pub(crate) const fn of_machine(pool: &'a PgPool, actor: S::Actor) -> Self {
        Self { pool, context: None, by: None, actor, scope: PhantomData }
    }

    /// For a person.
    pub(crate) fn of_person(pool: &'a PgPool, who: &Identity, actor: S::Actor) -> Self {
        let by = Actor { account: who.account(), role: who.role(), session: Some(who.session()) };
        Self { pool, context: Some(who.context().clone()), by: Some(by), actor, scope: PhantomData }
    }

    /// Starts a unit of work: one transaction, which counts only once it is committed.
    pub async fn begin(self) -> Result<S, StorageError> {
        let unit = UnitOfWork::begin(self.pool, self.context.as_ref(), self.by).await?;
        Ok(S::new(unit, self.actor))
    }
}
