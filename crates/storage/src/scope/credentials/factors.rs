//! Factors: counted failures, recovery codes, a new authenticator, known browsers. **Each counts by one statement** (L7).

use curtain_auth::{DeviceHash, Factor, Failures, PasswordPhc, RecoveryCodeHash, SignInHash};
use curtain_domain::{AccountId, EmailAddress, Sealed, Timestamp};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::CredentialScope;
use crate::query::{TotpRow, damaged, phc, wrapped_key};
use crate::{FactorSummary, NewTotp, Post, StorageError, StoredTotp};

/// The first code of a new authenticator is due this soon. Long enough to install an app; longer keeps a half-open door.
const NEW_TOTP_LIFETIME: core::time::Duration = core::time::Duration::from_mins(15);

#[derive(FromRow)]
struct NewTotpRow {
    version: i32,
    sealed_seed: Vec<u8>,
    key_id: Uuid,
    wrapped_by: String,
    wrapped: Vec<u8>,
}

#[derive(FromRow)]
struct OwnFactorsRow {
    email: String,
    phc: Option<String>,
    #[sqlx(flatten)]
    totp: TotpRow,
}

/// What an account signs in with.
pub struct OwnFactors {
    /// Where they sign in with.
    pub email: EmailAddress,
    /// Their password.
    pub password: Option<PasswordPhc>,
    /// Their authenticator, once it is confirmed.
    pub totp: Option<StoredTotp>,
}

/// Failures in a row.
impl CredentialScope {
    /// How often a factor failed in this browser (the nil UUID for those that are not known). Held for this unit of
    /// work: whoever tries at the same time waits until this one is counted.
    pub async fn failures(
        &mut self,
        account: AccountId,
        factor: Factor,
        device: Uuid,
    ) -> Result<Failures, StorageError> {
        sqlx::query(
            "insert into curtain.factor_failure (account, factor, device) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(account.as_uuid())
        .bind(factor.as_str())
        .bind(device)
        .execute(self.0.connection())
        .await?;
        // The rows of all browsers, always in the same order: whoever is right forgets them all, and two who were right
        // at once would otherwise wait for each other.
        let rows: Vec<(Uuid, i32, OffsetDateTime)> = sqlx::query_as(
            "select device, failures, last_failed_at from curtain.factor_failure \
             where account = $1 and factor = $2 order by device for update",
        )
        .bind(account.as_uuid())
        .bind(factor.as_str())
        .fetch_all(self.0.connection())
        .await?;
        let (_, count, last) = rows
            .into_iter()
            .find(|(of, ..)| *of == device)
            .ok_or(StorageError::Damaged("count of failures"))?;
        let count = u32::try_from(count).map_err(damaged("count of failures"))?;
        Ok(Failures { count, last: Timestamp::from_date_time(last) })
    }

    /// Counts failures: one more, none (which writes all the same, and so takes as long), or one less.
    pub async fn count_failures(
        &mut self,
        account: AccountId,
        factor: Factor,
        device: Uuid,
        more: i32,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "update curtain.factor_failure set failures = greatest(failures + $4, 0), \
                 last_failed_at = case when $4 > 0 then $5 else last_failed_at end \
             where account = $1 and factor = $2 and device = $3",
        )
        .bind(account.as_uuid())
        .bind(factor.as_str())
        .bind(device)
        .bind(more)
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// Forgets the failures of a factor in one browser, or in all of them: it was right, or was set anew.
    pub async fn forget_failures(
        &mut self,
        account: AccountId,
        factor: Factor,
        device: Option<Uuid>,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "update curtain.factor_failure set failures = 0 \
             where account = $1 and factor = $2 and ($3::uuid is null or device = $3)",
        )
        .bind(account.as_uuid())
        .bind(factor.as_str())
        .bind(device)
        .execute(self.0.connection())
        .await?;
        Ok(())
    }
}

/// Known browsers, and the letters that tell of new ones.
impl CredentialScope {
    /// Notices about one's own account, to be sent if this work counts.
    pub fn post(&mut self) -> Post<'_> {
        Post(self.0.connection())
    }

    /// The browser of this token, if it is known for this account.
    pub async fn device(
        &mut self,
        account: AccountId,
        token: DeviceHash,
    ) -> Result<Option<Uuid>, StorageError> {
        let row: Option<(Uuid,)> = sqlx::query_as(
            "select id from curtain.device where token_hash = $1 and account = $2 and revoked_at is null",
        )
        .bind(token.as_bytes().as_slice())
        .bind(account.as_uuid())
        .fetch_optional(self.0.connection())
        .await?;
        Ok(row.map(|(id,)| id))
    }

    /// The same by the address typed, before anybody's account was looked up.
    pub async fn device_by_email(
        &mut self,
        email: &EmailAddress,
        token: DeviceHash,
    ) -> Result<Option<Uuid>, StorageError> {
        let row: Option<(Uuid,)> = sqlx::query_as(
            "select d.id from curtain.device d join curtain.account a on a.id = d.account \
             where d.token_hash = $1 and a.email = $2 and d.revoked_at is null",
        )
        .bind(token.as_bytes().as_slice())
        .bind(email.as_str())
        .fetch_optional(self.0.connection())
        .await?;
        Ok(row.map(|(id,)| id))
    }

    /// Whether an account was ever known in any browser, be it forgotten since.
    pub async fn was_known(&mut self, account: AccountId) -> Result<bool, StorageError> {
        let (known,): (bool,) =
            sqlx::query_as("select exists (select from curtain.device where account = $1)")
                .bind(account.as_uuid())
                .fetch_one(self.0.connection())
                .await?;
        Ok(known)
    }

    /// Remembers a browser in which somebody signed in with both factors.
    pub async fn remember_device(
        &mut self,
        account: AccountId,
        device: Uuid,
        token: DeviceHash,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "insert into curtain.device (id, account, token_hash, created_at) values ($1, $2, $3, $4)",
        )
        .bind(device)
        .bind(account.as_uuid())
        .bind(token.as_bytes().as_slice())
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// Forgets every browser of an account but one.
    pub async fn forget_devices(
        &mut self,
        account: AccountId,
        but: Option<Uuid>,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "update curtain.device set revoked_at = $3 \
             where account = $1 and id is distinct from $2 and revoked_at is null",
        )
        .bind(account.as_uuid())
        .bind(but)
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }
}

/// Somebody's own factors.
impl CredentialScope {
    /// What an active account signs in with.
    pub async fn own_factors(&mut self, account: AccountId) -> Result<Option<OwnFactors>, StorageError> {
        let row: Option<OwnFactorsRow> = sqlx::query_as(
            "select a.email, p.phc, t.version as totp_version, t.sealed_seed, t.last_step, t.confirmed_at, \
                 k.id as key_id, k.wrapped_by, k.wrapped \
             from curtain.account a \
             left join curtain.password p on p.account = a.id \
             left join curtain.totp t on t.account = a.id and t.confirmed_at is not null \
             left join curtain.credential_key k on k.id = t.credential_key \
             where a.id = $1 and a.state = 'active'",
        )
        .bind(account.as_uuid())
        .fetch_optional(self.0.connection())
        .await?;
        row.map(|row| {
            Ok(OwnFactors {
                email: EmailAddress::parse(&row.email).map_err(damaged("address"))?,
                password: phc(row.phc),
                totp: row.totp.into_totp()?,
            })
        })
        .transpose()
    }

    /// Puts a password's new hash in the place of its old one, unless the password was changed in the meantime.
    pub async fn rehash_password(
        &mut self,
        account: AccountId,
        old: &PasswordPhc,
        new: &PasswordPhc,
    ) -> Result<(), StorageError> {
        sqlx::query("update curtain.password set phc = $3 where account = $1 and phc = $2")
            .bind(account.as_uuid())
            .bind(old.as_str())
            .bind(new.as_str())
            .execute(self.0.connection())
            .await?;
        Ok(())
    }

    /// What an account signs in with, in dates and numbers.
    pub async fn factor_summary(&mut self, account: AccountId) -> Result<FactorSummary, StorageError> {
        let (password_at, totp_at, left, used_at): (
            Option<OffsetDateTime>,
            Option<OffsetDateTime>,
            i64,
            Option<OffsetDateTime>,
        ) = sqlx::query_as(
            "select (select changed_at from curtain.password where account = $1), \
                 (select confirmed_at from curtain.totp where account = $1), \
                 (select count(*) from curtain.recovery_code \
                     where account = $1 and used_at is null and replaced_at is null), \
                 (select max(used_at) from curtain.recovery_code where account = $1)",
        )
        .bind(account.as_uuid())
        .fetch_one(self.0.connection())
        .await?;
        Ok(FactorSummary {
            password_at: password_at.map(Timestamp::from_date_time),
            totp_at: totp_at.map(Timestamp::from_date_time),
            codes_left: u32::try_from(left).map_err(damaged("recovery codes"))?,
            code_used_at: used_at.map(Timestamp::from_date_time),
        })
    }

    /// Uses a recovery code up. False when there is no such code, or it was used or replaced: it counts once, whoever
    /// races (AU9).
    pub async fn consume_recovery_code(
        &mut self,
        account: AccountId,
        code: RecoveryCodeHash,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.recovery_code set used_at = $3 \
             where account = $1 and code_hash = $2 and used_at is null and replaced_at is null",
        )
        .bind(account.as_uuid())
        .bind(code.as_bytes().as_slice())
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that a sign-in goes on with a new authenticator, and gives it the time and the attempts for that. False when
    /// it was over.
    pub async fn mark_recovered(&mut self, token: SignInHash, now: Timestamp) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.sign_in set recovered_at = $2, attempts = 0, expires_at = created_at + interval '10 minutes' \
             where token_hash = $1 and used_at is null and recovered_at is null and expires_at > $2",
        )
        .bind(token.as_bytes().as_slice())
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a sign-in whose factor is locked (L10, L12): it takes the password again. One that a recovery code took past
    /// its factor goes on.
    pub async fn abandon_sign_in(&mut self, token: SignInHash, now: Timestamp) -> Result<(), StorageError> {
        sqlx::query(
            "update curtain.sign_in set used_at = $2 \
             where token_hash = $1 and used_at is null and recovered_at is null",
        )
        .bind(token.as_bytes().as_slice())
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// Replaces the recovery codes of an account.
    pub async fn replace_recovery_codes(
        &mut self,
        account: AccountId,
        codes: &[RecoveryCodeHash],
        now: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "update curtain.recovery_code set replaced_at = $2 \
             where account = $1 and used_at is null and replaced_at is null",
        )
        .bind(account.as_uuid())
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        let hashes: Vec<&[u8]> = codes.iter().map(|code| code.as_bytes().as_slice()).collect();
        sqlx::query(
            "insert into curtain.recovery_code (account, code_hash, created_at) select $1, unnest($2::bytea[]), $3",
        )
        .bind(account.as_uuid())
        .bind(hashes)
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }
}

/// A new authenticator beside the one in use.
impl CredentialScope {
    /// Keeps an authenticator that waits for its first code. Whoever began one before can't finish it any more.
    pub async fn begin_totp(
        &mut self,
        account: AccountId,
        begun_by: Uuid,
        totp: &NewTotp,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "insert into curtain.new_totp \
                 (account, begun_by, version, sealed_seed, credential_key, created_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6, $7) \
             on conflict (account) do update set begun_by = excluded.begun_by, version = excluded.version, \
                 sealed_seed = excluded.sealed_seed, credential_key = excluded.credential_key, \
                 created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = null",
        )
        .bind(account.as_uuid())
        .bind(begun_by)
        .bind(i32::try_from(totp.version).map_err(damaged("authenticator"))?)
        .bind(totp.sealed.as_bytes())
        .bind(totp.key.id.as_uuid())
        .bind(now.to_date_time())
        .bind((now + NEW_TOTP_LIFETIME).to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(())
    }

    /// The authenticator that this session or sign-in began, held for this unit of work.
    pub async fn begun_totp(
        &mut self,
        account: AccountId,
        begun_by: Uuid,
        now: Timestamp,
    ) -> Result<Option<NewTotp>, StorageError> {
        let row: Option<NewTotpRow> = sqlx::query_as(
            "select n.version, n.sealed_seed, k.id as key_id, k.wrapped_by, k.wrapped \
             from curtain.new_totp n join curtain.credential_key k on k.id = n.credential_key \
             where n.account = $1 and n.begun_by = $2 and n.used_at is null and n.expires_at > $3 for update of n",
        )
        .bind(account.as_uuid())
        .bind(begun_by)
        .bind(now.to_date_time())
        .fetch_optional(self.0.connection())
        .await?;
        row.map(|row| {
            Ok(NewTotp {
                version: u32::try_from(row.version).map_err(damaged("authenticator"))?,
                sealed: Sealed::from_bytes(row.sealed_seed),
                key: wrapped_key(row.key_id, row.wrapped_by, row.wrapped),
            })
        })
        .transpose()
    }

    /// Puts a new authenticator in the place of the one in use, with the step of its first code used up. False when
    /// another one was faster.
    pub async fn finish_totp(
        &mut self,
        account: AccountId,
        begun_by: Uuid,
        totp: &NewTotp,
        step: u64,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let version = i32::try_from(totp.version).map_err(damaged("authenticator"))?;
        let used = sqlx::query(
            "update curtain.new_totp set used_at = $4 \
             where account = $1 and begun_by = $2 and version = $3 and used_at is null and expires_at > $4",
        )
        .bind(account.as_uuid())
        .bind(begun_by)
        .bind(version)
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        if used.rows_affected() != 1 {
            return Ok(false);
        }
        let replaced = sqlx::query(
            "update curtain.totp set version = $2, sealed_seed = $3, credential_key = $4, last_step = $5, \
                 confirmed_at = $6 \
             where account = $1 and version < $2",
        )
        .bind(account.as_uuid())
        .bind(version)
        .bind(totp.sealed.as_bytes())
        .bind(totp.key.id.as_uuid())
        .bind(i64::try_from(step).map_err(damaged("time step"))?)
        .bind(now.to_date_time())
        .execute(self.0.connection())
        .await?;
        Ok(replaced.rows_affected() == 1)
    }
}
