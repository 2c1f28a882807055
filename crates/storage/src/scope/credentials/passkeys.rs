//! Passkeys, and the questions that wait for an answer of one. **A question counts once, by one statement** (L7): whoever
//! races finds it used.

use curtain_auth::CeremonyHash;
use curtain_auth::passkey::{ANSWER_WITHIN, Passkey};
use curtain_domain::{AccountId, Role, Timestamp};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::CredentialScope;
use crate::StorageError;
use crate::query::damaged;

/// So many passkeys an account may have. More would be devices that their owner has forgotten.
pub const MOST_PASSKEYS: usize = 10;

/// What a device was asked for. An answer to one kind is none to another (L11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyKind {
    /// To sign in, whoever it is.
    SignIn,
    /// To show again that it is them.
    StepUp,
    /// To make a passkey.
    Registration,
}

impl CeremonyKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::StepUp => "step_up",
            Self::Registration => "registration",
        }
    }
}

/// A question to a device.
pub struct NewCeremony<'a> {
    /// Its row, unless one whose time is over is used again.
    pub id: Uuid,
    /// What it asks for.
    pub kind: CeremonyKind,
    /// Of the browser that asks.
    pub token: CeremonyHash,
    /// The session or sign-in that asks; none exactly for [`CeremonyKind::SignIn`].
    pub begun_by: Option<Uuid>,
    /// What the answer will be checked by.
    pub state: &'a str,
}

/// A passkey that a device named.
pub struct NamedPasskey {
    /// Which one.
    pub id: Uuid,
    /// Whose.
    pub account: AccountId,
    /// What they are in the practice.
    pub role: Role,
    /// Only an active account may sign in.
    pub active: bool,
    /// What its answer is checked by.
    pub passkey: Passkey,
}

/// A passkey as its owner sees it.
pub struct OwnPasskey {
    /// Which one.
    pub id: Uuid,
    /// Its name on its device.
    pub credential_id: Vec<u8>,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used last, if it was.
    pub last_used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct NamedRow {
    id: Uuid,
    account: Uuid,
    role: String,
    active: bool,
    credential: String,
}

#[derive(FromRow)]
struct OwnRow {
    id: Uuid,
    credential_id: Vec<u8>,
    name: String,
    created_at: OffsetDateTime,
    last_used_at: Option<OffsetDateTime>,
}

/// Questions.
impl CredentialScope {
    /// Keeps a question for five minutes. The same session's last one of the kind no longer counts.
    pub async fn begin_ceremony(
        &mut self,
        ceremony: &NewCeremony<'_>,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let kind = ceremony.kind.as_str();
        if let Some(begun_by) = ceremony.begun_by {
            sqlx::query(
                "update curtain.passkey_ceremony set used_at = $3, expires_at = least(expires_at, $3) \
                 where begun_by = $1 and kind = $2 and used_at is null",
            )
            .bind(begun_by)
            .bind(kind)
            .bind(now.to_date_time())
            .execute(self.0.connection())
            .await?;
        }
        // A row whose time is over is taken again, so that the table is never longer than five minutes of questions.
        sqlx::query(
            "with free as ( \
                 select id from curtain.passkey_ceremony where expires_at < $6 \
                 order by expires_at limit 1 for update skip locked), \
             taken as ( \
                 update curtain.passkey_ceremony c set kind = $2, token_hash = $3, begun_by = $4, state = $5, \
                     created_at = $6, expires_at = $7, used_at = null \
                 from free where c.id = free.id returning c.id) \
             insert into curtain.passkey_ceremony (id, kind, token_hash, begun_by, state, created_at, expires_at) \
             select $1, $2, $3, $4, $5, $6, $7 where not exists (select from taken)",
        )
        .bind(ceremony.id)
        .bind(kind)
        .bind(ceremony.token.as_bytes().as_slice())
        .bind(ceremony.begun_by)
        .bind(ceremony.state)
        .bind(now.to_date_time())
        .bind((now + ANSWER_WITHIN).to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// Uses a question up and gives what its answer is checked by. `None` when this browser was not asked for this kind of
    /// answer in this session, or too long ago, or had answered. Commit before the answer is looked at.
    pub async fn take_ceremony(
        &mut self,
        kind: CeremonyKind,
        token: CeremonyHash,
        begun_by: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Option<String>, StorageError> {
        let row: Option<(String,)> = sqlx::query_as(
            "update curtain.passkey_ceremony set used_at = $4 \
             where token_hash = $1 and kind = $2 and begun_by is not distinct from $3 \
                 and used_at is null and expires_at > $4 \
             returning state",
        )
        .bind(token.as_bytes().as_slice())
        .bind(kind.as_str())
        .bind(begun_by)
        .bind(now.to_date_time())
        .fetch_optional(self.0.connection())
        .await?;
        Ok(row.map(|(state,)| state))
    }
}

/// Passkeys.
impl CredentialScope {
    /// The passkey of this name, held for this unit of work: two answers with one counter take turns.
    pub async fn passkey(&mut self, credential_id: &[u8]) -> Result<Option<NamedPasskey>, StorageError> {
        let row: Option<NamedRow> = sqlx::query_as(
            "select p.id, p.account, a.role, (a.state = 'active') as active, p.credential \
             from curtain.passkey p join curtain.account a on a.id = p.account \
             where p.credential_id = $1 and p.removed_at is null for update of p",
        )
        .bind(credential_id)
        .fetch_optional(self.0.connection())
        .await?;
        row.map(|row| {
            Ok(NamedPasskey {
                id: row.id,
                account: AccountId::from_uuid(row.account),
                role: row.role.parse().map_err(damaged("role"))?,
                active: row.active,
                passkey: Passkey::from_stored(&row.credential).map_err(damaged("passkey"))?,
            })
        })
        .transpose()
    }

    /// Notes that a passkey was right, and how its counter stands now. False when it was removed in the meantime.
    pub async fn passkey_was_used(
        &mut self,
        id: Uuid,
        passkey: &Passkey,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.passkey set credential = $2, last_used_at = $3 where id = $1 and removed_at is null",
        )
        .bind(id)
        .bind(passkey.to_stored().map_err(damaged("passkey"))?)
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The passkeys of an account, the oldest first.
    pub async fn passkeys_of(&mut self, account: AccountId) -> Result<Vec<OwnPasskey>, StorageError> {
        let rows: Vec<OwnRow> = sqlx::query_as(
            "select id, credential_id, name, created_at, last_used_at from curtain.passkey \
             where account = $1 and removed_at is null order by created_at, id",
        )
        .bind(account.as_uuid())
        .fetch_all(self.0.connection())
        .await?;
        let own = |row: OwnRow| OwnPasskey {
            id: row.id,
            credential_id: row.credential_id,
            name: row.name,
            created_at: Timestamp::from_date_time(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_date_time),
        };
        Ok(rows.into_iter().map(own).collect())
    }

    /// Keeps a new passkey of an account. False when it has as many as it may have. A name that another passkey has is
    /// `StorageError::Constraint("passkey_credential_key")`.
    pub async fn add_passkey(
        &mut self,
        account: AccountId,
        id: Uuid,
        passkey: &Passkey,
        name: &str,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "insert into curtain.passkey (id, account, credential_id, credential, name, created_at) \
             select $1, $2, $3, $4, $5, $6 where ( \
                 select count(*) from curtain.passkey where account = $2 and removed_at is null) < $7",
        )
        .bind(id)
        .bind(account.as_uuid())
        .bind(passkey.credential_id())
        .bind(passkey.to_stored().map_err(damaged("passkey"))?)
        .bind(name)
        .bind(now.to_date_time())
        .bind(i64::try_from(MOST_PASSKEYS).unwrap_or(i64::MAX))
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Removes a passkey of an account. False when it has no such passkey.
    pub async fn remove_passkey(
        &mut self,
        account: AccountId,
        id: Uuid,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.passkey set removed_at = $3 where id = $2 and account = $1 and removed_at is null",
        )
        .bind(account.as_uuid())
        .bind(id)
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
