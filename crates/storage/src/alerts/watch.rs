//! What the server's watch does in one unit of work: take its turn, look, raise, queue the letter, note how far it looked.
//! Killed at any point, it begins where it was.

use core::time::Duration;

use curtain_domain::{AccountId, SessionId, Timestamp};
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{AlertRule, Counted, Sighting};
use crate::mail::{Contact, contact};
use crate::query::damaged;
use crate::{AlertKind, AuditKind, StorageError};

/// The watch's unit of work.
pub struct AlertWatch<'a>(pub(crate) &'a mut PgConnection);

#[derive(FromRow)]
struct SightingRow {
    about: Option<Uuid>,
    count: i64,
    first_at: OffsetDateTime,
    last_at: OffsetDateTime,
}

impl SightingRow {
    fn into_sighting(self) -> Result<Sighting, StorageError> {
        Ok(Sighting {
            about: self.about.map(AccountId::from_uuid),
            count: u64::try_from(self.count).map_err(damaged("count"))?,
            first_at: Timestamp::from_date_time(self.first_at),
            last_at: Timestamp::from_date_time(self.last_at),
        })
    }
}

/// What was seen of a kind already: it does not count again.
const SEEN: &str = "seen as (select about, max(last_at) as until from curtain.alert \
    where kind = $5 and seen_at is not null group by about)";

/// Events, in windows that end with each of them.
const EVENTS: &str = "told as (select case when $6 then coalesce(e.subject, e.actor) end as about, e.at \
        from curtain.audit_event e where e.kind = any($1) and e.at > $2 - make_interval(secs => $3)), \
    counted as (select t.about, t.at, count(*) over w as n, min(t.at) over w as first_at from told t \
        left join seen s on s.about is not distinct from t.about \
        where t.at > coalesce(s.until, '-infinity') and (not $6 or t.about in (select id from curtain.account)) \
        window w as (partition by t.about order by t.at \
            range between make_interval(secs => $3) preceding and current row))";

/// Patients, each once, in windows that end with each event.
const PATIENTS: &str = "told as (select e.actor as about, e.patient, e.at from curtain.audit_event e \
        left join seen s on s.about = e.actor \
        where e.kind = any($1) and e.at > $2 - make_interval(secs => $3) and e.patient is not null \
            and e.at > coalesce(s.until, '-infinity') and $6 and e.actor in (select id from curtain.account)), \
    counted as (select t.about, t.at, o.n, o.first_at from told t cross join lateral ( \
        select count(distinct patient) as n, min(at) as first_at from told \
        where about = t.about and at between t.at - make_interval(secs => $3) and t.at) o where t.at > $2)";

/// Those windows that hold too many.
const TOO_MANY: &str = "select about, n as count, first_at, at as last_at from counted \
    where at > $2 and n >= $4 order by about nulls first, at";

/// Each event by itself.
const EACH: &str = "select e.subject as about, 1::bigint as count, e.at as first_at, e.at as last_at \
    from curtain.audit_event e join curtain.account a on a.id = e.subject \
    where e.kind = any($1) and e.at > $2 order by e.at, e.id";

impl AlertWatch<'_> {
    /// Takes the turn until this unit of work ends, after whichever server has it, and tells how far the log was looked
    /// through.
    pub async fn take_turn(&mut self) -> Result<Timestamp, StorageError> {
        let row: Option<(OffsetDateTime,)> =
            sqlx::query_as("select looked_until from curtain.alert_watch for update")
                .fetch_optional(&mut *self.0)
                .await?;
        let (until,) = row.ok_or(StorageError::Damaged("alert watch"))?;
        Ok(Timestamp::from_date_time(until))
    }

    /// Notes how far the log was looked through.
    pub async fn looked(&mut self, until: Timestamp) -> Result<(), StorageError> {
        sqlx::query("update curtain.alert_watch set looked_until = $1")
            .bind(until.to_date_time())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// What a rule finds in the events after `since`, with those before that belong to the same time. Events of an alert
    /// that was seen don't count again.
    pub async fn look(&mut self, rule: &AlertRule, since: Timestamp) -> Result<Vec<Sighting>, StorageError> {
        let events: Vec<&str> = rule.events.iter().copied().map(AuditKind::as_str).collect();
        let counting = match rule.counted {
            Counted::Each => return self.look_at_each(&events, since).await,
            Counted::All | Counted::OfOne => EVENTS,
            Counted::Patients => PATIENTS,
        };
        // Put together from the constants above alone.
        let query = sqlx::AssertSqlSafe(format!("with {SEEN}, {counting} {TOO_MANY}"));
        let rows: Vec<SightingRow> = sqlx::query_as(query)
            .bind(events)
            .bind(since.to_date_time())
            .bind(rule.within.as_secs_f64())
            .bind(i64::from(rule.at_least))
            .bind(rule.kind.as_str())
            .bind(rule.counted != Counted::All)
            .fetch_all(&mut *self.0)
            .await?;
        let bursts = rows.into_iter().map(SightingRow::into_sighting).collect::<Result<_, _>>()?;
        Ok(Sighting::join(bursts, rule.quiet))
    }

    async fn look_at_each(
        &mut self,
        events: &[&str],
        since: Timestamp,
    ) -> Result<Vec<Sighting>, StorageError> {
        let rows: Vec<SightingRow> =
            sqlx::query_as(EACH).bind(events).bind(since.to_date_time()).fetch_all(&mut *self.0).await?;
        rows.into_iter().map(SightingRow::into_sighting).collect()
    }

    /// Raises an alert. False when it is one that was raised before: one that goes on, begun again within `quiet` and not
    /// seen yet, grows.
    pub async fn raise(
        &mut self,
        id: SessionId,
        kind: AlertKind,
        seen: &Sighting,
        quiet: Duration,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        if !quiet.is_zero() && self.grow(kind, seen, quiet).await? {
            return Ok(false);
        }
        self.insert(id, kind, seen, None, now).await
    }

    /// Lets the alert that goes on grow, if there is one.
    async fn grow(
        &mut self,
        kind: AlertKind,
        seen: &Sighting,
        quiet: Duration,
    ) -> Result<bool, StorageError> {
        let grown = sqlx::query(
            "update curtain.alert set count = greatest(count, $3), last_at = greatest(last_at, $4) \
             where id = (select id from curtain.alert where kind = $1 and about is not distinct from $2 \
                 and seen_at is null and last_at >= $5 order by last_at desc limit 1)",
        )
        .bind(kind.as_str())
        .bind(seen.about.map(|about| about.as_uuid()))
        .bind(i64::try_from(seen.count).map_err(damaged("count"))?)
        .bind(seen.last_at.to_date_time())
        .bind((seen.first_at - quiet).to_date_time())
        .execute(&mut *self.0)
        .await?;
        Ok(grown.rows_affected() > 0)
    }

    /// Raises the alert that the audit log is broken, from this entry on, in so many places. False when it is known to be
    /// broken in just that way.
    pub async fn raise_break(
        &mut self,
        id: SessionId,
        entry: u64,
        count: u64,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        // One server at a time; without the row the alert is raised all the same.
        sqlx::query("select from curtain.alert_watch for update").execute(&mut *self.0).await?;
        let entry = i64::try_from(entry).map_err(damaged("audit number"))?;
        let known = sqlx::query(
            "update curtain.alert set last_at = greatest(last_at, $3) \
             where id = (select id from curtain.alert where kind = 'audit_break' \
                 order by raised_at desc, id desc limit 1) and entry = $1 and count = $2",
        )
        .bind(entry)
        .bind(i64::try_from(count).map_err(damaged("count"))?)
        .bind(now.to_date_time())
        .execute(&mut *self.0)
        .await?;
        if known.rows_affected() > 0 {
            return Ok(false);
        }
        let seen = Sighting { about: None, count, first_at: now, last_at: now };
        self.insert(id, AlertKind::AuditBreak, &seen, Some(entry), now).await
    }

    async fn insert(
        &mut self,
        id: SessionId,
        kind: AlertKind,
        seen: &Sighting,
        entry: Option<i64>,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "insert into curtain.alert (id, kind, about, entry, count, first_at, last_at, raised_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
        )
        .bind(id.as_uuid())
        .bind(kind.as_str())
        .bind(seen.about.map(|about| about.as_uuid()))
        .bind(entry)
        .bind(i64::try_from(seen.count).map_err(damaged("count"))?)
        .bind(seen.first_at.to_date_time())
        .bind(seen.last_at.to_date_time())
        .bind(now.to_date_time())
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// Letters about alerts.
impl AlertWatch<'_> {
    /// The kinds that a letter is due for, each with how many alerts it tells of: those that nobody saw and no letter told
    /// of, of a kind that had no letter after `since`. They count as told from now on.
    pub async fn take_letters(
        &mut self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(AlertKind, u64)>, StorageError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "with told as (update curtain.alert set mailed_at = $2 \
                 where mailed_at is null and seen_at is null and kind not in ( \
                     select m.kind from curtain.alert m where m.mailed_at > $1) returning kind) \
             select kind, count(*) from told group by kind order by kind",
        )
        .bind(since.to_date_time())
        .bind(now.to_date_time())
        .fetch_all(&mut *self.0)
        .await?;
        rows.into_iter()
            .map(|(kind, count)| {
                let kind = kind.parse().map_err(damaged("alert"))?;
                Ok((kind, u64::try_from(count).map_err(damaged("count"))?))
            })
            .collect()
    }

    /// Every active administrator.
    pub async fn administrators(&mut self) -> Result<Vec<Contact>, StorageError> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "select a.name, a.email, r.name from curtain.administrators_to_tell() a cross join curtain.practice r \
             order by a.email",
        )
        .fetch_all(&mut *self.0)
        .await?;
        rows.into_iter().map(contact).collect()
    }
}
