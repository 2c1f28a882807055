//! `curtain_clinician`: everything a clinician can do.

use curtain_domain::{
    AccountId, DataKeyId, Entropy, NoteId, NoteVersion, ParticipantId, Sealed, Timestamp, VisitId, VisitRole,
    WrappedDataKey,
};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::query::{damaged, wrapped_key};
use crate::unit_of_work::{Scope, UnitOfWork};
use crate::{
    AuditEvent, ClinicianDevice, ColleagueAdded, NoteSave, Person, PracticeKey, SaveNote, StorageError,
    StoredNote, Visit, practice_key, query,
};

/// Browsers that one clinician may have registered and not revoked. More would make a list that no administrator compares.
pub const MOST_DEVICES: i64 = 20;

/// A clinician's unit of work.
pub struct ClinicianScope {
    unit: UnitOfWork,
    me: AccountId,
}

impl Scope for ClinicianScope {
    type Actor = AccountId;

    fn new(unit: UnitOfWork, me: AccountId) -> Self {
        Self { unit, me }
    }
}

#[derive(FromRow)]
struct NoteRow {
    id: Uuid,
    patient: Uuid,
    version: i32,
    sealed_text: Vec<u8>,
    saved_at: OffsetDateTime,
    key_id: Uuid,
    wrapped_by: String,
    wrapped: Vec<u8>,
}

/// Visits and the people in them.
impl ClinicianScope {
    /// The visits I run or was invited to, soonest first.
    pub async fn visits(&mut self) -> Result<Vec<Visit>, StorageError> {
        query::visits(self.unit.connection(), None).await
    }

    /// One of those visits. Another's and a missing one look the same.
    pub async fn visit(&mut self, id: VisitId) -> Result<Option<Visit>, StorageError> {
        query::visit_by_id(self.unit.connection(), id).await
    }

    /// The patients in my care: those I can make a visit for.
    pub async fn patients(&mut self) -> Result<Vec<Person>, StorageError> {
        query::patients_in_care(self.unit.connection()).await
    }

    /// Whether a patient is in my care now. Of others I may know a name, from a visit, and open no record.
    pub async fn cares_for(&mut self, patient: AccountId) -> Result<bool, StorageError> {
        let (cares,): (bool,) = sqlx::query_as("select $1 in (select curtain.my_patients())")
            .bind(patient.as_uuid())
            .fetch_one(self.unit.connection())
            .await?;
        Ok(cares)
    }

    /// The clinicians I can invite: all but me.
    pub async fn colleagues(&mut self) -> Result<Vec<Person>, StorageError> {
        query::colleagues(self.unit.connection(), self.me).await
    }

    /// Makes a visit that I run, with a place for the patient and one for me. `None` when no such patient is in my care.
    pub async fn create_visit(
        &mut self,
        patient: AccountId,
        scheduled_at: Timestamp,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Option<Visit>, StorageError> {
        if !self.cares_for(patient).await? || !self.is_active(patient, "patient").await? {
            return Ok(None);
        }
        let visit = VisitId::new(now, entropy);
        sqlx::query(
            "insert into curtain.visit (id, patient, clinician, scheduled_at, created_at) values ($1, $2, $3, $4, $5)",
        )
        .bind(visit.as_uuid())
        .bind(patient.as_uuid())
        .bind(self.me.as_uuid())
        .bind(scheduled_at.to_date_time())
        .bind(now.to_date_time())
        .execute(self.unit.connection())
        .await?;
        for (account, role) in [(self.me, VisitRole::Clinician), (patient, VisitRole::Patient)] {
            self.add_place(visit, patient, account, role, now, entropy).await?;
        }
        self.visit(visit).await
    }

    /// Invites a colleague to a visit that I run and that is still open, which brings them into the patient's care team;
    /// inviting twice changes nothing. `None` when there is no such visit of mine or no such colleague, or when the patient
    /// is no longer in my care.
    pub async fn add_colleague(
        &mut self,
        visit: VisitId,
        colleague: AccountId,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Option<ColleagueAdded>, StorageError> {
        let Some(found) = self.visit(visit).await? else { return Ok(None) };
        if !found.is_run_by(self.me) || !found.state.is_open() {
            return Ok(None);
        }
        if found.place_of(colleague).is_some_and(|place| place.role == VisitRole::CoHost) {
            return Ok(Some(ColleagueAdded { visit: found, joined_care_team: false }));
        }
        let patient = found.patient.account;
        if colleague == self.me
            || !self.is_active(colleague, "clinician").await?
            || !self.cares_for(patient).await?
        {
            return Ok(None);
        }
        let joined_care_team = !self.is_in_care_team(patient, colleague).await?;
        self.add_place(visit, patient, colleague, VisitRole::CoHost, now, entropy).await?;
        Ok(self.visit(visit).await?.map(|visit| ColleagueAdded { visit, joined_care_team }))
    }

    /// Whether a colleague cares for a patient of mine.
    async fn is_in_care_team(
        &mut self,
        patient: AccountId,
        colleague: AccountId,
    ) -> Result<bool, StorageError> {
        let (is_in,): (bool,) = sqlx::query_as(
            "select exists (select from curtain.care_team where patient = $1 and clinician = $2 \
                 and (until is null or until > clock_timestamp()))",
        )
        .bind(patient.as_uuid())
        .bind(colleague.as_uuid())
        .fetch_one(self.unit.connection())
        .await?;
        Ok(is_in)
    }

    async fn is_active(&mut self, account: AccountId, role: &str) -> Result<bool, StorageError> {
        let found: Option<(Uuid,)> =
            sqlx::query_as("select id from curtain.account where id = $1 and role = $2 and state = 'active'")
                .bind(account.as_uuid())
                .bind(role)
                .fetch_optional(self.unit.connection())
                .await?;
        Ok(found.is_some())
    }

    async fn add_place(
        &mut self,
        visit: VisitId,
        patient: AccountId,
        account: AccountId,
        role: VisitRole,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "insert into curtain.visit_participant (id, visit, patient, account, role, created_at) \
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(ParticipantId::new(now, entropy).as_uuid())
        .bind(visit.as_uuid())
        .bind(patient.as_uuid())
        .bind(account.as_uuid())
        .bind(role.as_str())
        .bind(now.to_date_time())
        .execute(self.unit.connection())
        .await?;
        Ok(())
    }
}

/// The practice's key, and the browsers that I hold visits in.
impl ClinicianScope {
    /// All keys of the practice, the oldest first.
    pub async fn practice_keys(&mut self) -> Result<Vec<PracticeKey>, StorageError> {
        practice_key::keys(self.unit.connection()).await
    }

    /// Public keys of devices, anybody's, that were revoked while a certificate of theirs may still stand.
    pub async fn revoked_devices(&mut self) -> Result<Vec<[u8; 32]>, StorageError> {
        practice_key::revoked(self.unit.connection()).await
    }

    /// My browsers, revoked ones too.
    pub async fn devices(&mut self) -> Result<Vec<ClinicianDevice>, StorageError> {
        practice_key::devices(self.unit.connection(), Some(self.me)).await
    }

    /// Tells the practice of a browser of mine. False when it was told before, or when I have too many.
    pub async fn register_device(
        &mut self,
        public_key: &[u8; 32],
        name: Option<&str>,
    ) -> Result<bool, StorageError> {
        let added = sqlx::query(
            "insert into curtain.clinician_device (account, public_key, name) select $1, $2, $3 \
             where (select count(*) from curtain.clinician_device where account = $1 and revoked_at is null) < $4 \
             on conflict do nothing",
        )
        .bind(self.me.as_uuid())
        .bind(public_key.as_slice())
        .bind(name)
        .bind(MOST_DEVICES)
        .execute(self.unit.connection())
        .await?;
        Ok(added.rows_affected() == 1)
    }

    /// Takes a browser of mine back for ever. False when there is no such one that stands.
    pub async fn revoke_device(&mut self, id: Uuid) -> Result<bool, StorageError> {
        Ok(practice_key::revoke(self.unit.connection(), id).await?.is_some())
    }
}

/// Notes, which only their author finds, and only while the patient is in their care.
impl ClinicianScope {
    /// The note of a visit that I run; `None` when there is none yet, or when the note is another's.
    pub async fn note(&mut self, visit: VisitId) -> Result<Option<StoredNote>, StorageError> {
        let row: Option<NoteRow> = sqlx::query_as(
            "select n.id, n.patient, n.version, n.sealed_text, n.saved_at, k.id as key_id, k.wrapped_by, k.wrapped \
             from curtain.note n join curtain.data_key k on k.id = n.data_key and k.patient = n.patient \
             where n.visit = $1",
        )
        .bind(visit.as_uuid())
        .fetch_optional(self.unit.connection())
        .await?;
        row.map(|row| {
            Ok(StoredNote {
                id: NoteId::from_uuid(row.id),
                patient: AccountId::from_uuid(row.patient),
                version: note_version(row.version)?,
                sealed: Sealed::from_bytes(row.sealed_text),
                key: wrapped_key(row.key_id, row.wrapped_by, row.wrapped),
                saved_at: Timestamp::from_date_time(row.saved_at),
            })
        })
        .transpose()
    }

    /// Saves a note as the version after the expected one, or tells which version stands there now.
    pub async fn save_note(&mut self, note: &SaveNote) -> Result<NoteSave, StorageError> {
        let saved = if note.expected == NoteVersion(0) {
            self.insert_note(note).await?
        } else {
            self.update_note(note).await?
        };
        if saved {
            return Ok(NoteSave::Saved(note.expected.next()));
        }
        let stored: Option<(i32,)> = sqlx::query_as("select version from curtain.note where visit = $1")
            .bind(note.visit.as_uuid())
            .fetch_optional(self.unit.connection())
            .await?;
        let version = stored.map_or(Ok(NoteVersion(0)), |(version,)| note_version(version))?;
        Ok(NoteSave::Changed(version))
    }

    /// The data key of a patient of mine, if they have one.
    pub async fn data_key(&mut self, patient: AccountId) -> Result<Option<WrappedDataKey>, StorageError> {
        let row: Option<(Uuid, String, Vec<u8>)> =
            sqlx::query_as("select id, wrapped_by, wrapped from curtain.data_key where patient = $1")
                .bind(patient.as_uuid())
                .fetch_optional(self.unit.connection())
                .await?;
        Ok(row.map(|(id, wrapped_by, bytes)| wrapped_key(id, wrapped_by, bytes)))
    }

    /// Keeps a new data key for a patient of mine, unless somebody was faster. Gives the one that counts.
    pub async fn keep_data_key(
        &mut self,
        patient: AccountId,
        key: &WrappedDataKey,
        now: Timestamp,
    ) -> Result<WrappedDataKey, StorageError> {
        sqlx::query(
            "insert into curtain.data_key (id, patient, wrapped_by, wrapped, created_at) values ($1, $2, $3, $4, $5) \
             on conflict do nothing",
        )
        .bind(key.id.as_uuid())
        .bind(patient.as_uuid())
        .bind(&key.wrapped_by.0)
        .bind(&key.bytes)
        .bind(now.to_date_time())
        .execute(self.unit.connection())
        .await?;
        self.data_key(patient).await?.ok_or(StorageError::Damaged("data key"))
    }

    async fn insert_note(&mut self, note: &SaveNote) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "insert into curtain.note (id, visit, patient, author, version, sealed_text, data_key, saved_at) \
             values ($1, $2, $3, $4, 1, $5, $6, $7) on conflict do nothing",
        )
        .bind(note.note.as_uuid())
        .bind(note.visit.as_uuid())
        .bind(note.patient.as_uuid())
        .bind(self.me.as_uuid())
        .bind(note.sealed.as_bytes())
        .bind(key_uuid(note.key))
        .bind(note.now.to_date_time())
        .execute(self.unit.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn update_note(&mut self, note: &SaveNote) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update curtain.note set version = version + 1, sealed_text = $4, data_key = $5, saved_at = $6 \
             where id = $1 and visit = $2 and version = $3",
        )
        .bind(note.note.as_uuid())
        .bind(note.visit.as_uuid())
        .bind(i32::try_from(note.expected.0).map_err(damaged("note version"))?)
        .bind(note.sealed.as_bytes())
        .bind(key_uuid(note.key))
        .bind(note.now.to_date_time())
        .execute(self.unit.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes down what I do, in this unit of work.
    pub async fn record(&mut self, event: &AuditEvent, now: Timestamp) -> Result<(), StorageError> {
        self.unit.record(event, now).await
    }

    /// Makes the work count.
    pub async fn commit(self) -> Result<(), StorageError> {
        self.unit.commit().await
    }
}

const fn key_uuid(key: DataKeyId) -> Uuid {
    key.as_uuid()
}

fn note_version(stored: i32) -> Result<NoteVersion, StorageError> {
    u32::try_from(stored).map(NoteVersion).map_err(damaged("note version"))
}
