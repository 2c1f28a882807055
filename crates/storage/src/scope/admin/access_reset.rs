//! The way back for somebody who lost password and second factor together (AU10): one administrator asks, another approves.
//!
//! Each step is one conditional statement: out of order, twice or too late, it changes nothing.

use curtain_domain::{AccountId, Timestamp};

use super::AdminScope;
use crate::{AccountState, IdentityCheck, LinkKind, NewLink, StorageError};

impl AdminScope {
    /// Asks for a reset, having recognised the person. False when one is asked for already.
    pub async fn request_access_reset(
        &mut self,
        account: AccountId,
        check: IdentityCheck,
    ) -> Result<bool, StorageError> {
        // One that nobody approved in time makes room for another.
        sqlx::query(
            "update curtain.access_reset set withdrawn_at = clock_timestamp() \
             where account = $1 and approved_at is null and withdrawn_at is null and expires_at <= clock_timestamp()",
        )
        .bind(account.as_uuid())
        .execute(self.unit.connection())
        .await?;
        let asked = sqlx::query(
            "insert into curtain.access_reset (account, requested_by, identity_check) values ($1, $2, $3) \
             on conflict do nothing",
        )
        .bind(account.as_uuid())
        .bind(self.me.as_uuid())
        .bind(check.as_str())
        .execute(self.unit.connection())
        .await?;
        Ok(asked.rows_affected() == 1)
    }

    /// Approves what another administrator asked for: password, second factor, sessions and links end, and this link sets
    /// both anew. False when nothing that I may approve is asked for; then nothing of it may be committed.
    pub async fn approve_access_reset(
        &mut self,
        account: AccountId,
        link: NewLink,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let approved = sqlx::query(
            "update curtain.access_reset set approved_by = $2, approved_at = clock_timestamp() \
             where account = $1 and approved_at is null and withdrawn_at is null \
                 and expires_at > clock_timestamp() and requested_by <> $2",
        )
        .bind(account.as_uuid())
        .bind(self.me.as_uuid())
        .execute(self.unit.connection())
        .await?;
        let sent_back = sqlx::query(
            "update curtain.account set state = 'invited' where id = $1 and id <> $2 and state in ('active', 'invited')",
        )
        .bind(account.as_uuid())
        .bind(self.me.as_uuid());
        if approved.rows_affected() != 1
            || sent_back.execute(self.unit.connection()).await?.rows_affected() != 1
        {
            return Ok(false);
        }
        self.insert_link(account, link, LinkKind::NewCredentials, now).await?;
        Ok(true)
    }

    /// Puts away what was asked for and not approved. False when there is nothing.
    pub async fn withdraw_access_reset(&mut self, account: AccountId) -> Result<bool, StorageError> {
        let put_away = sqlx::query(
            "update curtain.access_reset set withdrawn_at = clock_timestamp() \
             where account = $1 and approved_at is null and withdrawn_at is null",
        )
        .bind(account.as_uuid())
        .execute(self.unit.connection())
        .await?;
        Ok(put_away.rows_affected() == 1)
    }

    /// Whether there is something to reset: a password was set, and the account isn't switched off.
    pub async fn has_credentials(
        &mut self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let member = self.member(account, now).await?;
        Ok(member.is_some_and(|one| match one.state {
            AccountState::Active => true,
            AccountState::Invited => one.factor_was_reset,
            AccountState::Suspended => false,
        }))
    }
}
