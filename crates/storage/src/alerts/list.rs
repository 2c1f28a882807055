//! The alerts, for whoever may read them: row policies decide, and only an administrator's scope may say that one was seen.

use curtain_domain::{AccountId, SessionId, Timestamp};
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Alert;
use crate::query::{damaged, name};
use crate::{AlertKind, Person, StorageError};

/// The alerts within somebody's unit of work.
pub struct AlertList<'a>(pub(crate) &'a mut PgConnection);

#[derive(FromRow)]
struct AlertRow {
    id: Uuid,
    kind: String,
    about: Option<Uuid>,
    about_name: Option<String>,
    entry: Option<i64>,
    count: i64,
    first_at: OffsetDateTime,
    last_at: OffsetDateTime,
    seen_at: Option<OffsetDateTime>,
    seen_by: Option<Uuid>,
    seen_by_name: Option<String>,
}

impl AlertRow {
    fn into_alert(self) -> Result<Alert, StorageError> {
        let seen_by = person(self.seen_by, self.seen_by_name)?;
        Ok(Alert {
            id: SessionId::from_uuid(self.id),
            kind: self.kind.parse().map_err(damaged("alert"))?,
            about: person(self.about, self.about_name)?,
            entry: self.entry.map(u64::try_from).transpose().map_err(damaged("audit number"))?,
            count: u64::try_from(self.count).map_err(damaged("count"))?,
            first_at: Timestamp::from_date_time(self.first_at),
            last_at: Timestamp::from_date_time(self.last_at),
            seen: self.seen_at.map(Timestamp::from_date_time).zip(seen_by),
        })
    }
}

fn person(id: Option<Uuid>, text: Option<String>) -> Result<Option<Person>, StorageError> {
    let Some((id, text)) = id.zip(text) else { return Ok(None) };
    Ok(Some(Person { account: AccountId::from_uuid(id), name: name(&text)? }))
}

impl AlertList<'_> {
    /// Those that nobody saw first, then the newest.
    pub async fn newest(&mut self, limit: u32) -> Result<Vec<Alert>, StorageError> {
        let rows: Vec<AlertRow> = sqlx::query_as(
            "select l.id, l.kind, l.about, a.name as about_name, l.entry, l.count, l.first_at, l.last_at, \
                 l.seen_at, l.seen_by, s.name as seen_by_name \
             from curtain.alert l left join curtain.account a on a.id = l.about \
             left join curtain.account s on s.id = l.seen_by \
             order by l.seen_at is not null, l.last_at desc, l.id desc limit $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&mut *self.0)
        .await?;
        rows.into_iter().map(AlertRow::into_alert).collect()
    }

    /// How many nobody saw.
    pub async fn unseen(&mut self) -> Result<u64, StorageError> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from curtain.alert where seen_at is null")
            .fetch_one(&mut *self.0)
            .await?;
        u64::try_from(count).map_err(damaged("count"))
    }

    /// Notes that somebody saw an alert. Gives what it is and whom it is about when they are the first; `Some(None)` when
    /// somebody was before them, `None` when there is no such alert.
    pub async fn see(
        &mut self,
        id: SessionId,
        by: AccountId,
        now: Timestamp,
    ) -> Result<Option<Option<(AlertKind, Option<AccountId>)>>, StorageError> {
        let row: Option<(String, Option<Uuid>)> = sqlx::query_as(
            "update curtain.alert set seen_at = $3, seen_by = $2 where id = $1 and seen_at is null \
             returning kind, about",
        )
        .bind(id.as_uuid())
        .bind(by.as_uuid())
        .bind(now.to_date_time())
        .fetch_optional(&mut *self.0)
        .await?;
        let Some((kind, about)) = row else {
            let (there,): (bool,) = sqlx::query_as("select exists (select from curtain.alert where id = $1)")
                .bind(id.as_uuid())
                .fetch_one(&mut *self.0)
                .await?;
            return Ok(there.then_some(None));
        };
        Ok(Some(Some((kind.parse().map_err(damaged("alert"))?, about.map(AccountId::from_uuid)))))
    }
}
