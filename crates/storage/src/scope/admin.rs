//! `curtain_admin`: everything an administrator can do. Nothing clinical, by grant and by type; never a password, a seed or
//! a code; never their own account.
//!
//! What a change ends (sessions, links, the old factor), the database ends by itself: see `migrations/…_people.sql`.

mod access_reset;
mod care_team;
mod policy;
mod practice_key;

use core::time::Duration;

use curtain_domain::{AccountId, EmailAddress, Role, Timestamp};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::query::{damaged, name};
use crate::unit_of_work::{Scope, UnitOfWork};
use crate::{
    AccessReset, AccountState, AlertList, AuditEvent, AuditLog, FactorReset, LinkKind, Member, NewLink,
    NewMember, Post, StorageError,
};

/// How long an activation link works. AU12 allows 72 hours at most.
pub const LINK_LIFETIME: Duration = Duration::from_hours(72);
/// How long a letter that was given up is shown as a trouble; older ones were seen or don't matter any more.
const DAY: Duration = Duration::from_hours(24);

/// An administrator's unit of work.
pub struct AdminScope {
    unit: UnitOfWork,
    me: AccountId,
}

impl Scope for AdminScope {
    type Actor = AccountId;

    fn new(unit: UnitOfWork, me: AccountId) -> Self {
        Self { unit, me }
    }
}

#[derive(FromRow)]
struct MemberRow {
    id: Uuid,
    name: String,
    email: String,
    role: String,
    state: String,
    confirmed_at: Option<OffsetDateTime>,
    factor_was_reset: bool,
    asked_since: OffsetDateTime,
    role_since: Option<OffsetDateTime>,
    codes_left: i64,
    access_was_reset: bool,
    requested_by: Option<Uuid>,
    requested_by_name: Option<String>,
    identity_check: Option<String>,
    expires_at: Option<OffsetDateTime>,
    link_expires_at: Option<OffsetDateTime>,
    open_sessions: i64,
    passkeys: i64,
    clinicians: i64,
}

impl MemberRow {
    /// The reset that waits, if one does.
    fn access_reset(&self) -> Result<Option<AccessReset>, StorageError> {
        let (Some(by), Some(text), Some(check), Some(expires_at)) =
            (self.requested_by, &self.requested_by_name, &self.identity_check, self.expires_at)
        else {
            return Ok(None);
        };
        Ok(Some(AccessReset {
            requested_by: AccountId::from_uuid(by),
            requested_by_name: name(text)?,
            identity_check: check.parse().map_err(damaged("reset"))?,
            expires_at: Timestamp::from_date_time(expires_at),
        }))
    }

    fn into_member(self) -> Result<Member, StorageError> {
        Ok(Member {
            account: AccountId::from_uuid(self.id),
            access_reset: self.access_reset()?,
            access_was_reset: self.access_was_reset,
            name: name(&self.name)?,
            email: EmailAddress::parse(&self.email).map_err(damaged("address"))?,
            role: self.role.parse().map_err(damaged("role"))?,
            state: AccountState::parse(&self.state)?,
            authenticator_since: self.confirmed_at.map(Timestamp::from_date_time),
            factor_was_reset: self.factor_was_reset,
            asked_since: Timestamp::from_date_time(self.asked_since),
            in_role_since: self.role_since.map(Timestamp::from_date_time),
            passkeys: u32::try_from(self.passkeys).map_err(damaged("passkey"))?,
            recovery_codes_left: u32::try_from(self.codes_left).map_err(damaged("recovery codes"))?,
            link_expires_at: self.link_expires_at.map(Timestamp::from_date_time),
            open_sessions: u32::try_from(self.open_sessions).map_err(damaged("session"))?,
            clinicians: u32::try_from(self.clinicians).map_err(damaged("care team"))?,
        })
    }
}

/// Looking.
impl AdminScope {
    /// Everybody with an account, by name.
    pub async fn members(&mut self, now: Timestamp) -> Result<Vec<Member>, StorageError> {
        self.find(None, now).await
    }

    /// One of them.
    pub async fn member(
        &mut self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<Member>, StorageError> {
        Ok(self.find(Some(account), now).await?.pop())
    }

    async fn find(&mut self, only: Option<AccountId>, now: Timestamp) -> Result<Vec<Member>, StorageError> {
        let rows: Vec<MemberRow> = sqlx::query_as(
            "select a.id, a.name, a.email, a.role, a.state, a.role_since, t.confirmed_at, \
                 coalesce(greatest( \
                     (select max(r.created_at) from curtain.factor_reset r where r.account = a.id), \
                     (select max(d.approved_at) from curtain.access_reset d where d.account = a.id)), \
                     a.created_at) as asked_since, \
                 (select count(*) from curtain.recovery_code c \
                     where c.account = a.id and c.used_at is null and c.replaced_at is null) as codes_left, \
                 (not a.enrolled and exists ( \
                     select from curtain.factor_reset r where r.account = a.id)) as factor_was_reset, \
                 exists (select from curtain.access_reset d where d.account = a.id \
                     and d.approved_at is not null and d.done_at is null) as access_was_reset, \
                 w.requested_by, b.name as requested_by_name, w.identity_check, w.expires_at, \
                 (select max(l.expires_at) from curtain.activation l \
                     where l.account = a.id and l.used_at is null) as link_expires_at, \
                 (select count(*) from curtain.session s \
                     where s.account = a.id and s.ended_at is null and s.ends_at > $2) as open_sessions, \
                 (select count(*) from curtain.passkey p where p.account = a.id) as passkeys, \
                 (select count(distinct c.clinician) from curtain.care_team c \
                     where c.patient = a.id and (c.until is null or c.until > clock_timestamp())) as clinicians \
             from curtain.account a left join curtain.totp t on t.account = a.id \
             left join curtain.access_reset w on w.account = a.id and w.approved_at is null \
                 and w.withdrawn_at is null and w.expires_at > clock_timestamp() \
             left join curtain.account b on b.id = w.requested_by \
             where $1::uuid is null or a.id = $1 order by a.name, a.id",
        )
        .bind(only.map(|account| account.as_uuid()))
        .bind(now.to_date_time())
        .fetch_all(self.unit.connection())
        .await?;
        rows.into_iter().map(MemberRow::into_member).collect()
    }
}

/// Inviting.
impl AdminScope {
    /// Makes an account without credentials, and the link with which its person sets them.
    /// An address that is taken is `StorageError::Constraint("account_email_key")`.
    pub async fn invite(&mut self, new: &NewMember, now: Timestamp) -> Result<(), StorageError> {
        sqlx::query(
            "insert into curtain.account (id, email, name, role, created_at) values ($1, $2, $3, $4, $5)",
        )
        .bind(new.account.as_uuid())
        .bind(new.email.as_str())
        .bind(new.name.as_str())
        .bind(new.role.as_str())
        .bind(now.to_date_time())
        .execute(self.unit.connection())
        .await?;
        self.insert_link(new.account, new.link, LinkKind::Invitation, now).await
    }

    /// Hands out another link to somebody who is invited; those before it stop working. `None` for anybody else.
    pub async fn renew_link(
        &mut self,
        account: AccountId,
        link: NewLink,
        now: Timestamp,
    ) -> Result<Option<LinkKind>, StorageError> {
        let Some(member) = self.member(account, now).await? else { return Ok(None) };
        if member.state != AccountState::Invited || account == self.me {
            return Ok(None);
        }
        let kind = match () {
            () if member.access_was_reset => LinkKind::NewCredentials,
            () if member.factor_was_reset => LinkKind::NewFactor,
            () => LinkKind::Invitation,
        };
        sqlx::query("update curtain.activation set used_at = $2 where account = $1 and used_at is null")
            .bind(account.as_uuid())
            .bind(now.to_date_time())
            .execute(self.unit.connection())
            .await?;
        self.insert_link(account, link, kind, now).await?;
        Ok(Some(kind))
    }

    async fn insert_link(
        &mut self,
        account: AccountId,
        link: NewLink,
        kind: LinkKind,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "insert into curtain.activation (id, account, token_hash, kind, created_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(link.id.as_uuid())
        .bind(account.as_uuid())
        .bind(link.hash.as_bytes().as_slice())
        .bind(kind.as_str())
        .bind(now.to_date_time())
        .bind((now + LINK_LIFETIME).to_date_time())
        .execute(self.unit.connection())
        .await?;
        Ok(())
    }
}

/// Changing others. Each gives false when there is no such account, or when it is one's own.
impl AdminScope {
    /// Gives a role, which ends the person's sessions. Somebody with visits can't change between patient and staff: that is
    /// `StorageError::Constraint` of a foreign key. The last administrator is `Constraint("account_last_administrator")`.
    pub async fn change_role(&mut self, account: AccountId, role: Role) -> Result<bool, StorageError> {
        let done = sqlx::query("update curtain.account set role = $2 where id = $1 and id <> $3")
            .bind(account.as_uuid())
            .bind(role.as_str())
            .bind(self.me.as_uuid())
            .execute(self.unit.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Switches an account off: its sessions end and its links stop working.
    pub async fn suspend(&mut self, account: AccountId) -> Result<bool, StorageError> {
        let done = sqlx::query("update curtain.account set state = 'suspended' where id = $1 and id <> $2")
            .bind(account.as_uuid())
            .bind(self.me.as_uuid())
            .execute(self.unit.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Switches a suspended account on again, as far as it had come: one without both factors is invited. Any other stays
    /// what it is.
    pub async fn reactivate(&mut self, account: AccountId) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.account set state = \
                 case when state <> 'suspended' then state when enrolled then 'active' else 'invited' end \
             where id = $1 and id <> $2",
        )
        .bind(account.as_uuid())
        .bind(self.me.as_uuid())
        .execute(self.unit.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes the second factor of an active account away, with its recovery codes, records how the person was recognised,
    /// and hands out the link with which they set up another. False for an account that is not active, too.
    pub async fn reset_second_factor(
        &mut self,
        reset: &FactorReset,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.account set state = 'invited' where id = $1 and id <> $2 and state = 'active'",
        )
        .bind(reset.account.as_uuid())
        .bind(self.me.as_uuid())
        .execute(self.unit.connection())
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query(
            "insert into curtain.factor_reset (id, account, reset_by, identity_check, created_at) \
             values ($1, $2, $3, $4, $5)",
        )
        .bind(reset.record.as_uuid())
        .bind(reset.account.as_uuid())
        .bind(self.me.as_uuid())
        .bind(reset.identity_check.as_str())
        .bind(now.to_date_time())
        .execute(self.unit.connection())
        .await?;
        self.insert_link(reset.account, reset.link, LinkKind::NewFactor, now).await?;
        Ok(true)
    }

    /// Ends every session of an account, one's own too. How many there were.
    pub async fn end_sessions(&mut self, account: AccountId, now: Timestamp) -> Result<u64, StorageError> {
        let done =
            sqlx::query("update curtain.session set ended_at = $2 where account = $1 and ended_at is null")
                .bind(account.as_uuid())
                .bind(now.to_date_time())
                .execute(self.unit.connection())
                .await?;
        Ok(done.rows_affected())
    }

    /// Letters and whom they go to.
    pub fn post(&mut self) -> Post<'_> {
        Post(self.unit.connection())
    }

    /// Whether letters of the last day are stuck: a try failed and none succeeded since, or they were given up.
    pub async fn mail_is_stuck(&mut self, now: Timestamp) -> Result<bool, StorageError> {
        let (stuck,): (bool,) = sqlx::query_as(
            "select exists (select from curtain.mail where (state = 'queued' and failure is not null) \
                 or (state in ('refused', 'expired') and done_at > $1))",
        )
        .bind((now - DAY).to_date_time())
        .fetch_one(self.unit.connection())
        .await?;
        Ok(stuck)
    }

    /// Writes down what I do, in this unit of work.
    pub async fn record(&mut self, event: &AuditEvent, now: Timestamp) -> Result<(), StorageError> {
        self.unit.record(event, now).await
    }

    /// The alerts, to read and to say that I saw them.
    pub fn alerts(&mut self) -> AlertList<'_> {
        AlertList(self.unit.connection())
    }

    /// The audit log, to read.
    pub fn audit_log(&mut self) -> AuditLog<'_> {
        AuditLog(self.unit.connection())
    }

    /// Makes the work count.
    pub async fn commit(self) -> Result<(), StorageError> {
        self.unit.commit().await
    }
}
