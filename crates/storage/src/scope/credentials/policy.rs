//! The practice's policy, where people come in: which password may be chosen, and whether a passkey is due.

use curtain_auth::RoleRule;
use curtain_domain::{AccountId, Timestamp};
use sqlx::FromRow;
use time::OffsetDateTime;

use super::CredentialScope;
use crate::policy::RuleRow;
use crate::{StorageError, StoredPolicy, policy};

#[derive(FromRow)]
struct OwnRuleRow {
    role_since: OffsetDateTime,
    #[sqlx(flatten)]
    rule: RuleRow,
}

/// The practice's policy.
impl CredentialScope {
    /// The policy that holds now.
    pub async fn policy(&mut self) -> Result<StoredPolicy, StorageError> {
        policy::read(self.0.connection()).await
    }

    /// What holds for the second factor of an account, and since when it has its role: together with whether it has a
    /// passkey they say whether one is due (`RoleRule::standing`). `None` for an account that was never active.
    pub async fn factor_rule(
        &mut self,
        account: AccountId,
    ) -> Result<Option<(RoleRule, Timestamp)>, StorageError> {
        let row: Option<OwnRuleRow> = sqlx::query_as(
            "select a.role_since, p.second_factor, p.grace_days, p.required_since \
             from curtain.account a join curtain.role_policy p on p.role = a.role \
             where a.id = $1 and a.role_since is not null",
        )
        .bind(account.as_uuid())
        .fetch_optional(self.0.connection())
        .await?;
        row.map(|row| Ok((row.rule.rule()?, Timestamp::from_date_time(row.role_since)))).transpose()
    }
}
