//! Numbering: what the sealer reads and writes, in the worker's scope.

use core::time::Duration;

use curtain_domain::Timestamp;
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;

use super::StoredAuditEvent;
use crate::StorageError;
use crate::query::damaged;

/// The lock that makes sealers of several servers take turns: "audit" in ASCII.
const SEALER_LOCK: i64 = 0x0061_7564_6974;

/// The newest entry of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// A signed head, as it stands in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Up to which number.
    pub number: u64,
    /// The hash of that entry.
    pub hash: Vec<u8>,
    /// When it was signed.
    pub at: Timestamp,
    /// Ed25519, 64 bytes.
    pub signature: Vec<u8>,
}

#[derive(FromRow)]
struct CheckpointRow {
    number: i64,
    hash: Vec<u8>,
    at: OffsetDateTime,
    signature: Vec<u8>,
}

/// Takes the sealer's lock for this unit of work. False when another server seals now.
pub(crate) async fn lock(connection: &mut PgConnection) -> Result<bool, StorageError> {
    let (taken,): (bool,) = sqlx::query_as("select pg_try_advisory_xact_lock($1)")
        .bind(SEALER_LOCK)
        .fetch_one(connection)
        .await?;
    Ok(taken)
}

pub(crate) async fn head(connection: &mut PgConnection) -> Result<Option<AuditHead>, StorageError> {
    let row: Option<(i64, Vec<u8>)> =
        sqlx::query_as("select number, hash from curtain.audit_entry order by number desc limit 1")
            .fetch_optional(connection)
            .await?;
    row.map(|(number, hash)| {
        Ok(AuditHead { number: u64::try_from(number).map_err(damaged("audit number"))?, hash })
    })
    .transpose()
}

/// The oldest events without a number; `within` bounds how far back to look, `None` looks at all.
pub(crate) async fn waiting(
    connection: &mut PgConnection,
    within: Option<Duration>,
    limit: u32,
) -> Result<Vec<StoredAuditEvent>, StorageError> {
    let rows = sqlx::query_as(
        "select e.* from curtain.audit_event e \
         where ($1::float8 is null or e.recorded_at > clock_timestamp() - make_interval(secs => $1)) \
             and not exists (select from curtain.audit_entry n where n.event = e.id) \
         order by e.recorded_at, e.id limit $2",
    )
    .bind(within.map(|within| within.as_secs_f64()))
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// Appends entries: number, event, previous hash, hash.
pub(crate) async fn append(
    connection: &mut PgConnection,
    entries: &[super::ChainedEvent],
) -> Result<(), StorageError> {
    let (mut numbers, mut events, mut previous, mut hashes) = (vec![], vec![], vec![], vec![]);
    for entry in entries {
        numbers.push(i64::try_from(entry.number).map_err(damaged("audit number"))?);
        events.push(entry.event.as_ref().ok_or(StorageError::Damaged("audit event"))?.id);
        previous.push(entry.previous_hash.as_slice());
        hashes.push(entry.hash.as_slice());
    }
    sqlx::query(
        "insert into curtain.audit_entry (number, event, previous_hash, hash) \
         select * from unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::bytea[])",
    )
    .bind(numbers)
    .bind(events)
    .bind(previous)
    .bind(hashes)
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps a signed head. False when there is one for this number.
pub(crate) async fn keep_checkpoint(
    connection: &mut PgConnection,
    checkpoint: &StoredCheckpoint,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "insert into curtain.audit_checkpoint (number, hash, at, signature) values ($1, $2, $3, $4) \
         on conflict do nothing",
    )
    .bind(i64::try_from(checkpoint.number).map_err(damaged("audit number"))?)
    .bind(&checkpoint.hash)
    .bind(checkpoint.at.to_date_time())
    .bind(&checkpoint.signature)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Every signed head, the oldest first.
pub(crate) async fn checkpoints(
    connection: &mut PgConnection,
) -> Result<Vec<StoredCheckpoint>, StorageError> {
    let rows: Vec<CheckpointRow> =
        sqlx::query_as("select number, hash, at, signature from curtain.audit_checkpoint order by number")
            .fetch_all(connection)
            .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredCheckpoint {
                number: u64::try_from(row.number).map_err(damaged("audit number"))?,
                hash: row.hash,
                at: Timestamp::from_date_time(row.at),
                signature: row.signature,
            })
        })
        .collect()
}
