//! Care teams: which clinicians may see which patient. Put together by administrators, and by the database itself when a
//! visit brings two people together; what has ended stays on record.
//!
//! Times are the database's own: its row policies ask the same clock.

use curtain_domain::{AccountId, Timestamp};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::AdminScope;
use crate::query::name;
use crate::{CareTeamJoin, CareTeamMember, CareTeamSource, Person, StorageError};

#[derive(FromRow)]
struct CareTeamRow {
    clinician: Uuid,
    name: String,
    source: String,
    since: OffsetDateTime,
    until: Option<OffsetDateTime>,
    current: bool,
}

impl CareTeamRow {
    fn into_member(self) -> Result<CareTeamMember, StorageError> {
        Ok(CareTeamMember {
            clinician: Person { account: AccountId::from_uuid(self.clinician), name: name(&self.name)? },
            source: CareTeamSource::parse(&self.source)?,
            since: Timestamp::from_date_time(self.since),
            until: self.until.map(Timestamp::from_date_time),
            current: self.current,
        })
    }
}

impl AdminScope {
    /// Everybody who cares or cared for a patient: first those who do, by name. `None` when there is no such patient.
    pub async fn care_team(
        &mut self,
        patient: AccountId,
    ) -> Result<Option<Vec<CareTeamMember>>, StorageError> {
        if !self.is_one(patient, "patient").await? {
            return Ok(None);
        }
        let rows: Vec<CareTeamRow> = sqlx::query_as(
            "select c.clinician, a.name, c.source, c.since, c.until, \
                 (c.until is null or c.until > clock_timestamp()) as current \
             from curtain.care_team c join curtain.account a on a.id = c.clinician \
             where c.patient = $1 order by current desc, a.name, c.since desc, c.id",
        )
        .bind(patient.as_uuid())
        .fetch_all(self.unit.connection())
        .await?;
        rows.into_iter().map(CareTeamRow::into_member).collect::<Result<_, _>>().map(Some)
    }

    /// Lets a clinician see a patient from now on. Doing it twice changes nothing.
    pub async fn add_to_care_team(
        &mut self,
        patient: AccountId,
        clinician: AccountId,
    ) -> Result<CareTeamJoin, StorageError> {
        if !self.is_one(clinician, "clinician").await? || !self.is_one(patient, "patient").await? {
            return Ok(CareTeamJoin::NobodyThere);
        }
        let added = sqlx::query(
            "insert into curtain.care_team (patient, clinician, source, added_by) \
             select $1, $2, 'by_hand', $3 where not exists ( \
                 select from curtain.care_team c where c.patient = $1 and c.clinician = $2 \
                     and (c.until is null or c.until > clock_timestamp())) \
             on conflict do nothing",
        )
        .bind(patient.as_uuid())
        .bind(clinician.as_uuid())
        .bind(self.me.as_uuid())
        .execute(self.unit.connection())
        .await?;
        Ok(if added.rows_affected() == 1 { CareTeamJoin::Joined } else { CareTeamJoin::InItAlready })
    }

    /// Ends a clinician's care for a patient: at once, or at a time to come, which may be moved until it is there.
    /// False when they aren't in the care team.
    pub async fn end_care(
        &mut self,
        patient: AccountId,
        clinician: AccountId,
        until: Option<Timestamp>,
    ) -> Result<bool, StorageError> {
        let ended = sqlx::query(
            "update curtain.care_team set until = greatest(clock_timestamp(), $3) \
             where patient = $1 and clinician = $2 and (until is null or until > clock_timestamp())",
        )
        .bind(patient.as_uuid())
        .bind(clinician.as_uuid())
        .bind(until.map(Timestamp::to_date_time))
        .execute(self.unit.connection())
        .await?;
        Ok(ended.rows_affected() == 1)
    }

    /// Whether somebody has this role and an account that isn't switched off.
    async fn is_one(&mut self, account: AccountId, role: &str) -> Result<bool, StorageError> {
        let found: Option<(Uuid,)> = sqlx::query_as(
            "select id from curtain.account where id = $1 and role = $2 \
                 and (role = 'patient' or state <> 'suspended')",
        )
        .bind(account.as_uuid())
        .bind(role)
        .fetch_optional(self.unit.connection())
        .await?;
        Ok(found.is_some())
    }
}
