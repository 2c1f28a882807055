//! Letters on their way: what a scope queues, what the sender takes.

use curtain_auth::MailMessage;
use curtain_domain::{AccountId, EmailAddress, PersonName, Sealed, SessionId, Timestamp, WrappedDataKey};
use sqlx::PgConnection;

use crate::StorageError;
use crate::query::{damaged, name};
use crate::scope::LINK_LIFETIME;

/// What a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    /// Come and set up your account.
    Invitation,
    /// Your second factor was reset; set up another.
    NewFactor,
    /// Your password and second factor were reset; set up both.
    NewCredentials,
    /// Something about your account changed.
    Notice,
}

impl MailKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::NewFactor => "new_factor",
            Self::NewCredentials => "new_credentials",
            Self::Notice => "notice",
        }
    }
}

/// A letter to be queued.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Names the row; the message is sealed for it.
    pub id: SessionId,
    /// What it is about.
    pub kind: MailKind,
    /// Its own data key.
    pub key: WrappedDataKey,
    /// Message and address, for the vault.
    pub sealed: Sealed<MailMessage>,
}

/// A letter that a sender took.
#[derive(Debug, Clone)]
pub struct QueuedMail {
    /// Names the row; the message is sealed for it.
    pub id: SessionId,
    /// Its own data key.
    pub key: WrappedDataKey,
    /// Message and address, for the vault.
    pub sealed: Sealed<MailMessage>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Why a try failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailFailure {
    /// No mail server answered. Worth another try.
    Unreachable,
    /// The mail server said: later. Worth another try.
    NotNow,
    /// The mail server won't take it, now or later.
    Refused,
    /// The letter doesn't open here: it was changed, or its key is another's.
    Unreadable,
}

impl MailFailure {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::NotNow => "not_now",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
        }
    }

    pub(crate) const fn is_final(self) -> bool {
        matches!(self, Self::Refused | Self::Unreadable)
    }
}

/// Whom a letter goes to.
#[derive(Clone)]
pub struct Contact {
    /// What they are called.
    pub name: PersonName,
    /// Where it goes.
    pub email: EmailAddress,
    /// Who writes.
    pub practice_name: String,
}

/// The letters of a unit of work: they are sent if it counts, and never happen if it does not. One set of queries for
/// whoever may: row policies decide.
pub struct Post<'a>(pub(crate) &'a mut PgConnection);

impl Post<'_> {
    /// Where somebody is written to. `None` when there is no such account.
    pub async fn contact(&mut self, account: AccountId) -> Result<Option<Contact>, StorageError> {
        let row: Option<(String, String, String)> = sqlx::query_as(
            "select a.name, a.email, r.name from curtain.account a cross join curtain.practice r where a.id = $1",
        )
        .bind(account.as_uuid())
        .fetch_optional(&mut *self.0)
        .await?;
        row.map(contact).transpose()
    }

    /// Queues a letter in the transaction of what it tells.
    pub async fn queue(&mut self, mail: &NewMail, now: Timestamp) -> Result<(), StorageError> {
        sqlx::query(
            "insert into curtain.mail \
                 (id, kind, key, wrapped_by, wrapped, sealed_message, next_attempt_at, created_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
        )
        .bind(mail.id.as_uuid())
        .bind(mail.kind.as_str())
        .bind(mail.key.id.as_uuid())
        .bind(&mail.key.wrapped_by.0)
        .bind(&mail.key.bytes)
        .bind(mail.sealed.as_bytes())
        .bind(now.to_date_time())
        .bind((now + LINK_LIFETIME).to_date_time())
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}

pub(crate) fn contact(
    (text, email, practice_name): (String, String, String),
) -> Result<Contact, StorageError> {
    let email = EmailAddress::parse(&email).map_err(damaged("address"))?;
    Ok(Contact { name: name(&text)?, email, practice_name })
}
