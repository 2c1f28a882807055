//! `curtain_credentials`: everything that signing in and activating can do. The only scope open to strangers.
//!
//! **What counts once is decided by one statement**: a code's step, an attempt, a link. A read followed by a write would
//! let two requests that race both win (L7).

mod factors;
mod own_sessions;
mod passkeys;
mod policy;

pub use factors::OwnFactors;
pub use passkeys::{CeremonyKind, MOST_PASSKEYS, NamedPasskey, NewCeremony, OwnPasskey};

use core::time::Duration;

use curtain_auth::{
    ActivationHash, NewSession, PasswordPhc, RecoveryCodeHash, SessionHash, SignInHash, StoredSession,
    StoredSessionRow,
};
use curtain_domain::{
    AccountId, DataKeyId, EmailAddress, Entropy, PracticeId, Sealed, SessionId, Timestamp, TotpSeed,
    WrappedDataKey,
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::query::{SessionTimesRow, TotpRow, damaged, name, phc, wrapped_key};
use crate::unit_of_work::{Scope, UnitOfWork};
use crate::{
    AccountState, Activation, Actor, AuditEvent, LinkKind, PendingSignIn, Practice, SignInAccount,
    StorageError, query,
};

/// The code is due this soon after the password. Long enough to find the phone; longer keeps a half-open door.
const SIGN_IN_LIFETIME: Duration = Duration::from_mins(5);
/// Making a passkey may take this long: a phone that has to be found, a sensor that doesn't read. The most a sign-in may.
const PASSKEY_LIFETIME: Duration = Duration::from_mins(10);
/// Signs of life closer together than this are one: else every request would write.
const TOUCH_INTERVAL: Duration = Duration::from_secs(20);

/// What is due in a sign-in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SignInStep {
    /// After the password: a code.
    Code,
    /// After a recovery code: a new authenticator.
    Authenticator,
    /// After both factors: a new passkey.
    Passkey,
}

/// A unit of work of signing in.
pub struct CredentialScope(UnitOfWork);

impl Scope for CredentialScope {
    type Actor = ();

    fn new(unit: UnitOfWork, (): ()) -> Self {
        Self(unit)
    }
}

#[derive(FromRow)]
struct AccountRow {
    id: Uuid,
    name: String,
    role: String,
    state: String,
    phc: Option<String>,
    #[sqlx(flatten)]
    totp: TotpRow,
}

#[derive(FromRow)]
struct PendingRow {
    sign_in: Uuid,
    id: Uuid,
    name: String,
    email: String,
    role: String,
    practice_name: String,
    #[sqlx(flatten)]
    totp: TotpRow,
}

#[derive(FromRow)]
struct ActivationRow {
    id: Uuid,
    kind: String,
    name: String,
    email: String,
    role: String,
    practice_name: String,
    phc: Option<String>,
    #[sqlx(flatten)]
    totp: TotpRow,
}

/// The session, not ended and of an active account, that the condition names. It lives as long as it was given and as long
/// as its role may now, whichever is shorter.
macro_rules! live_session {
    ($condition:literal) => {
        concat!(
            "select s.id, s.token_hash, s.account, a.name, a.role, r.id as practice, r.name as practice_name, ",
            "s.created_at, s.last_used_at, least(s.idle_seconds, p.idle_minutes * 60) as idle_seconds, ",
            "least(s.ends_at, s.created_at + make_interval(mins => p.absolute_minutes)) as ends_at, s.factor_at ",
            "from curtain.session s ",
            "join curtain.account a on a.id = s.account and a.state = 'active' ",
            "join curtain.role_policy p on p.role = a.role ",
            "cross join curtain.practice r ",
            "where s.ended_at is null and ",
            $condition
        )
    };
}

#[derive(FromRow)]
struct SessionRow {
    id: Uuid,
    token_hash: Vec<u8>,
    account: Uuid,
    name: String,
    role: String,
    practice: Uuid,
    practice_name: String,
    #[sqlx(flatten)]
    times: SessionTimesRow,
}

/// Signing in.
impl CredentialScope {
    /// The practice of this database.
    pub async fn practice(&mut self) -> Result<Option<Practice>, StorageError> {
        query::practice(self.0.connection()).await
    }

    /// Who signs in with this address.
    pub async fn account_by_email(
        &mut self,
        email: &EmailAddress,
    ) -> Result<Option<SignInAccount>, StorageError> {
        let row: Option<AccountRow> = sqlx::query_as(
            "select a.id, a.name, a.role, a.state, p.phc, \
                 t.version as totp_version, t.sealed_seed, t.last_step, t.confirmed_at, \
                 k.id as key_id, k.wrapped_by, k.wrapped \
             from curtain.account a \
             left join curtain.password p on p.account = a.id \
             left join curtain.totp t on t.account = a.id \
             left join curtain.credential_key k on k.id = t.credential_key \
             where a.email = $1",
        )
        .bind(email.as_str())
        .fetch_optional(self.0.connection())
        .await?;
        row.map(sign_in_account).transpose()
    }

    /// Remembers that the password of an account was right, for the time the code may take.
    pub async fn create_sign_in(
        &mut self,
        account: AccountId,
        token: SignInHash,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StorageError> {
        self.insert_sign_in(account, token, SIGN_IN_LIFETIME, None, now, entropy).await
    }

    /// Remembers that both factors of an account were right and that a passkey is due, for the time making one may take.
    pub async fn create_sign_in_for_passkey(
        &mut self,
        account: AccountId,
        token: SignInHash,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StorageError> {
        self.insert_sign_in(account, token, PASSKEY_LIFETIME, Some(now), now, entropy).await
    }

    async fn insert_sign_in(
        &mut self,
        account: AccountId,
        token: SignInHash,
        lifetime: Duration,
        passkey_due: Option<Timestamp>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "insert into curtain.sign_in (id, account, token_hash, created_at, expires_at, passkey_due_at) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        // A row of its own kind, whose id nobody needs: any time-ordered one will do.
        .bind(SessionId::new(now, entropy).as_uuid())
        .bind(account.as_uuid())
        .bind(token.as_bytes().as_slice())
        .bind(now.to_date_time())
        .bind((now + lifetime).to_date_time())
        .bind(passkey_due.map(Timestamp::to_date_time))
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// Takes one of the five attempts at a code. `None` when there is no such sign-in, it is over, its attempts are, the
    /// account may no longer sign in (L10), or what is due is something else. Commit before the code is looked at, or the
    /// attempt is not counted.
    pub async fn attempt_sign_in(
        &mut self,
        token: SignInHash,
        now: Timestamp,
    ) -> Result<Option<PendingSignIn>, StorageError> {
        self.attempt(token, SignInStep::Code, 1, now).await
    }

    /// The same for the first code of a new authenticator, which only follows a recovery code.
    pub async fn attempt_recovery(
        &mut self,
        token: SignInHash,
        now: Timestamp,
    ) -> Result<Option<PendingSignIn>, StorageError> {
        self.attempt(token, SignInStep::Authenticator, 1, now).await
    }

    /// The same for a new passkey, which only follows both factors.
    pub async fn attempt_passkey(
        &mut self,
        token: SignInHash,
        now: Timestamp,
    ) -> Result<Option<PendingSignIn>, StorageError> {
        self.attempt(token, SignInStep::Passkey, 1, now).await
    }

    /// The sign-in that waits for a new passkey, without taking an attempt: asking a device again is no guess.
    pub async fn sign_in_for_passkey(
        &mut self,
        token: SignInHash,
        now: Timestamp,
    ) -> Result<Option<PendingSignIn>, StorageError> {
        self.attempt(token, SignInStep::Passkey, 0, now).await
    }

    async fn attempt(
        &mut self,
        token: SignInHash,
        step: SignInStep,
        costs: i32,
        now: Timestamp,
    ) -> Result<Option<PendingSignIn>, StorageError> {
        let row: Option<PendingRow> = sqlx::query_as(
            "with attempt as ( \
                 update curtain.sign_in set attempts = attempts + $5 \
                 where token_hash = $1 and used_at is null and attempts < 5 and expires_at > $2 \
                     and (recovered_at is not null) = $3 and (passkey_due_at is not null) = $4 \
                 returning id as sign_in, account) \
             select sign_in, r.name as practice_name, a.email, a.id, a.name, a.role, \
                 t.version as totp_version, t.sealed_seed, t.last_step, t.confirmed_at, \
                 k.id as key_id, k.wrapped_by, k.wrapped \
             from attempt \
             join curtain.account a on a.id = attempt.account and a.state = 'active' \
             join curtain.totp t on t.account = a.id and t.confirmed_at is not null \
             join curtain.credential_key k on k.id = t.credential_key \
             cross join curtain.practice r",
        )
        .bind(token.as_bytes().as_slice())
        .bind(now.to_date_time())
        .bind(step == SignInStep::Authenticator)
        .bind(step == SignInStep::Passkey)
        .bind(costs)
        .fetch_optional(self.0.connection())
        .await?;
        row.map(|row| {
            Ok(PendingSignIn {
                sign_in: row.sign_in,
                practice_name: row.practice_name,
                email: EmailAddress::parse(&row.email).map_err(damaged("address"))?,
                account: AccountId::from_uuid(row.id),
                name: name(&row.name)?,
                role: row.role.parse().map_err(damaged("role"))?,
                totp: row.totp.into_totp()?.ok_or(StorageError::Damaged("authenticator"))?,
            })
        })
        .transpose()
    }

    /// Ends a sign-in that succeeded. False when it was over already.
    pub async fn finish_sign_in(&mut self, token: SignInHash, now: Timestamp) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.sign_in set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2",
        )
        .bind(token.as_bytes().as_slice())
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Uses a time step up. False when it, or a later one, was used before: the code counts once, whoever races (AU8).
    pub async fn consume_totp_step(&mut self, account: AccountId, step: u64) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.totp set last_step = $2 \
             where account = $1 and last_step < $2 and confirmed_at is not null",
        )
        .bind(account.as_uuid())
        .bind(i64::try_from(step).map_err(damaged("time step"))?)
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Sessions.
impl CredentialScope {
    /// Writes a session down. False when the account may no longer sign in.
    pub async fn create_session(
        &mut self,
        account: AccountId,
        session: &NewSession,
    ) -> Result<bool, StorageError> {
        let times = &session.times;
        let done = sqlx::query(
            "insert into curtain.session \
                 (id, account, token_hash, context_hash, created_at, last_used_at, idle_seconds, ends_at, factor_at, device) \
             select $1, a.id, $3, $4, $5, $6, $7, $8, $9, $10 from curtain.account a where a.id = $2 and a.state = 'active'",
        )
        .bind(session.id.as_uuid())
        .bind(account.as_uuid())
        .bind(session.token.hash().as_bytes().as_slice())
        .bind(session.token.context().hash().as_bytes().as_slice())
        .bind(times.created.to_date_time())
        .bind(times.last_used.to_date_time())
        .bind(i32::try_from(times.idle_limit.as_secs()).map_err(damaged("idle limit"))?)
        .bind(times.ends_at.to_date_time())
        .bind(times.factor_at.to_date_time())
        .bind(session.device)
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The session of a token, unless it was ended or its account is no longer active. Whether it is still in time, its
    /// `admit` decides.
    pub async fn session(&mut self, token: SessionHash) -> Result<Option<StoredSession>, StorageError> {
        let row: Option<SessionRow> = sqlx::query_as(live_session!("s.token_hash = $1"))
            .bind(token.as_bytes().as_slice())
            .fetch_optional(self.0.connection())
            .await?;
        row.map(stored_session).transpose()
    }

    /// The same by its id, to ask whether it still counts: its token may have changed.
    pub async fn session_by_id(&mut self, id: SessionId) -> Result<Option<StoredSession>, StorageError> {
        let row: Option<SessionRow> = sqlx::query_as(live_session!("s.id = $1"))
            .bind(id.as_uuid())
            .fetch_optional(self.0.connection())
            .await?;
        row.map(stored_session).transpose()
    }

    /// A sign of life, written at most every twenty seconds.
    pub async fn touch_session(&mut self, session: SessionId, now: Timestamp) -> Result<(), StorageError> {
        sqlx::query(
            "update curtain.session set last_used_at = $2 where id = $1 and last_used_at <= $3 and ended_at is null",
        )
        .bind(session.as_uuid())
        .bind(now.to_date_time())
        .bind((now - TOUCH_INTERVAL).to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// Ends a session. Ending it twice changes nothing.
    pub async fn end_session(&mut self, session: SessionId, now: Timestamp) -> Result<(), StorageError> {
        sqlx::query("update curtain.session set ended_at = $2 where id = $1 and ended_at is null")
            .bind(session.as_uuid())
            .bind(now.to_date_time())
            .execute(self.0.connection())
            .await?;
        Ok(())
    }
}

/// Activating an account.
impl CredentialScope {
    /// The live link of a token, held for this unit of work: others with the same link wait.
    /// `None` for unknown, used and expired alike.
    pub async fn activation(
        &mut self,
        token: ActivationHash,
        now: Timestamp,
    ) -> Result<Option<Activation>, StorageError> {
        let row: Option<ActivationRow> = sqlx::query_as(
            "select a.id, l.kind, a.name, a.email, a.role, r.name as practice_name, p.phc, \
                 t.version as totp_version, t.sealed_seed, t.last_step, t.confirmed_at, \
                 k.id as key_id, k.wrapped_by, k.wrapped \
             from curtain.activation l \
             join curtain.account a on a.id = l.account and a.state = 'invited' \
             cross join curtain.practice r \
             left join curtain.password p on p.account = a.id \
             left join curtain.totp t on t.account = a.id \
             left join curtain.credential_key k on k.id = t.credential_key \
             where l.token_hash = $1 and l.used_at is null and l.expires_at > $2 for update of l",
        )
        .bind(token.as_bytes().as_slice())
        .bind(now.to_date_time())
        .fetch_optional(self.0.connection())
        .await?;
        row.map(|row| {
            Ok(Activation {
                account: AccountId::from_uuid(row.id),
                kind: LinkKind::parse(&row.kind)?,
                password: phc(row.phc),
                name: name(&row.name)?,
                email: EmailAddress::parse(&row.email).map_err(damaged("address"))?,
                role: row.role.parse().map_err(damaged("role"))?,
                practice_name: row.practice_name,
                totp: row.totp.into_totp()?,
            })
        })
        .transpose()
    }

    /// Sets the password of an account.
    pub async fn set_password(
        &mut self,
        account: AccountId,
        password: &PasswordPhc,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "insert into curtain.password (account, phc, changed_at) values ($1, $2, $3) \
             on conflict (account) do update set phc = excluded.phc, changed_at = excluded.changed_at",
        )
        .bind(account.as_uuid())
        .bind(password.as_str())
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// The practice's data key for credentials, if it has one.
    pub async fn credential_key(&mut self) -> Result<Option<WrappedDataKey>, StorageError> {
        let row: Option<(Uuid, String, Vec<u8>)> =
            sqlx::query_as("select id, wrapped_by, wrapped from curtain.credential_key")
                .fetch_optional(self.0.connection())
                .await?;
        Ok(row.map(|(id, wrapped_by, bytes)| wrapped_key(id, wrapped_by, bytes)))
    }

    /// Keeps a new data key for credentials, unless somebody was faster. Gives the one that counts.
    pub async fn keep_credential_key(
        &mut self,
        key: &WrappedDataKey,
        now: Timestamp,
    ) -> Result<WrappedDataKey, StorageError> {
        sqlx::query(
            "insert into curtain.credential_key (id, wrapped_by, wrapped, created_at) values ($1, $2, $3, $4) \
             on conflict do nothing",
        )
        .bind(key.id.as_uuid())
        .bind(&key.wrapped_by.0)
        .bind(&key.bytes)
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        self.credential_key().await?.ok_or(StorageError::Damaged("credential key"))
    }

    /// Keeps the sealed seed of an authenticator that waits for its first code. False when a confirmed one stands there.
    pub async fn store_totp(
        &mut self,
        account: AccountId,
        version: u32,
        sealed: &Sealed<TotpSeed>,
        key: DataKeyId,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "insert into curtain.totp (account, version, sealed_seed, credential_key) values ($1, $2, $3, $4) \
             on conflict (account) do update set version = excluded.version, sealed_seed = excluded.sealed_seed, \
                 credential_key = excluded.credential_key, last_step = 0 \
             where totp.confirmed_at is null",
        )
        .bind(account.as_uuid())
        .bind(i32::try_from(version).map_err(damaged("authenticator"))?)
        .bind(sealed.as_bytes())
        .bind(key.as_uuid())
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The end of activation, all or nothing: the link is used up, the authenticator confirmed with its first step
    /// consumed, the recovery codes kept, the account active. False when the link was used in the meantime.
    pub async fn finish_activation(
        &mut self,
        token: ActivationHash,
        account: AccountId,
        step: u64,
        codes: &[RecoveryCodeHash],
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let hashes: Vec<&[u8]> = codes.iter().map(|code| code.as_bytes().as_slice()).collect();
        let used = sqlx::query(
            "update curtain.activation set used_at = $3 \
             where token_hash = $1 and account = $2 and used_at is null and expires_at > $3",
        )
        .bind(token.as_bytes().as_slice())
        .bind(account.as_uuid())
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        if used.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query(
            "update curtain.totp set confirmed_at = $2, last_step = $3 where account = $1 and confirmed_at is null",
        )
        .bind(account.as_uuid())
        .bind(now.to_date_time())
        .bind(i64::try_from(step).map_err(damaged("time step"))?)
        .execute(self.0.connection())
        .await?;
        sqlx::query(
            "insert into curtain.recovery_code (account, code_hash, created_at) select $1, unnest($2::bytea[]), $3",
        )
        .bind(account.as_uuid())
        .bind(hashes)
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        let active =
            sqlx::query("update curtain.account set state = 'active' where id = $1 and state = 'invited'")
                .bind(account.as_uuid())
                .execute(self.0.connection())
                .await?;
        Ok(active.rows_affected() == 1)
    }

    /// Writes down what happened, and who did it when it is known, in this unit of work.
    pub async fn record(
        &mut self,
        by: Option<Actor>,
        event: &AuditEvent,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.0.record_by(by, event, now).await
    }

    /// Makes the work count.
    pub async fn commit(self) -> Result<(), StorageError> {
        self.0.commit().await
    }
}

fn sign_in_account(row: AccountRow) -> Result<SignInAccount, StorageError> {
    Ok(SignInAccount {
        account: AccountId::from_uuid(row.id),
        name: name(&row.name)?,
        role: row.role.parse().map_err(damaged("role"))?,
        state: AccountState::parse(&row.state)?,
        password: phc(row.phc),
        totp: row.totp.into_totp()?,
    })
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads a session from its row")]
fn stored_session(row: SessionRow) -> Result<StoredSession, StorageError> {
    Ok(StoredSession::from_row(StoredSessionRow {
        id: SessionId::from_uuid(row.id),
        token_hash: row.token_hash.as_slice().try_into().map_err(damaged("session"))?,
        account: AccountId::from_uuid(row.account),
        name: name(&row.name)?,
        role: row.role.parse().map_err(damaged("role"))?,
        practice: PracticeId::from_uuid(row.practice),
        practice_name: row.practice_name,
        times: row.times.into_times()?,
    }))
}
