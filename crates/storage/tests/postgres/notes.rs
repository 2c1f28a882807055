//! A note is its author's alone, saves one version after the other, and stands in the database as ciphertext.

use crate::support::{ANA, BEN, World, sql};
use curtain_auth::{Clinician, Principal};
use curtain_domain::{NoteId, NoteVersion};
use curtain_storage::{NoteSave, SaveNote, StorageError, Visit};
use curtain_vault::{ClinicalText, RecordContext};

const WORDS: &str = "Feels better since Tuesday; sleeps through.";

/// Writes a text as the version after `expected`, as the note's route does.
async fn save(
    world: &World,
    by: &Principal<Clinician>,
    visit: &Visit,
    expected: u32,
    text: &str,
) -> NoteSave {
    let patient = visit.patient.account;
    let mut scope = world.store.clinician(by).begin().await.unwrap();
    let key = if let Some(key) = scope.data_key(patient).await.unwrap() {
        key
    } else {
        let new = world.vault.new_data_key(Some(patient), world.now).unwrap();
        scope.keep_data_key(patient, &new, world.now).await.unwrap()
    };
    let stored = scope.note(visit.id).await.unwrap();
    let note = stored.map_or_else(|| NoteId::new(world.now, &*world.entropy), |stored| stored.id);
    let expected = NoteVersion(expected);
    let context = RecordContext::note(key.clone(), patient, note, expected.next());
    let sealed = world.vault.seal(by, &context, ClinicalText::new(text.to_owned())).unwrap();
    let save = SaveNote { note, visit: visit.id, patient, expected, sealed, key: key.id, now: world.now };
    let saved = scope.save_note(&save).await.unwrap();
    scope.commit().await.unwrap();
    saved
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "compares what came out with what went in")]
async fn what_was_saved_is_read_again() {
    let world = World::seeded().await;
    let (lee, visit) = (world.lee().await, world.visit_with(ANA).await);
    assert_eq!(save(&world, &lee, &visit, 0, "First words.").await, NoteSave::Saved(NoteVersion(1)));
    assert_eq!(save(&world, &lee, &visit, 1, WORDS).await, NoteSave::Saved(NoteVersion(2)));

    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    let note = scope.note(visit.id).await.unwrap().unwrap();
    let context = RecordContext::note(note.key.clone(), note.patient, note.id, note.version);
    let opened = world.vault.open(&lee, &context, &note.sealed).ok().unwrap();
    assert!(opened.expose() == WORDS, "the words came back changed");
}

#[tokio::test]
async fn a_tab_that_slept_does_not_overwrite() {
    let world = World::seeded().await;
    let (lee, visit) = (world.lee().await, world.visit_with(ANA).await);
    save(&world, &lee, &visit, 0, "one").await;
    save(&world, &lee, &visit, 1, "two").await;
    assert_eq!(save(&world, &lee, &visit, 0, "late").await, NoteSave::Changed(NoteVersion(2)));
    assert_eq!(save(&world, &lee, &visit, 1, "late").await, NoteSave::Changed(NoteVersion(2)));
    assert_eq!(save(&world, &lee, &visit, 7, "early").await, NoteSave::Changed(NoteVersion(2)));
}

#[tokio::test]
async fn a_save_without_a_first_version_says_so() {
    let world = World::seeded().await;
    let (lee, visit) = (world.lee().await, world.visit_with(ANA).await);
    assert_eq!(save(&world, &lee, &visit, 3, "from nowhere").await, NoteSave::Changed(NoteVersion(0)));
}

#[tokio::test]
async fn of_many_tabs_that_save_at_once_one_wins() {
    let world = std::sync::Arc::new(World::seeded().await);
    let (lee, visit) = (world.lee().await, world.visit_with(ANA).await);
    for round in 0..3 {
        let mut tabs = tokio::task::JoinSet::new();
        for tab in 0..8 {
            let (world, lee, visit) = (world.clone(), lee.clone(), visit.clone());
            tabs.spawn(async move { save(&world, &lee, &visit, round, &format!("tab {tab}")).await });
        }
        let saved =
            tabs.join_all().await.into_iter().filter(|save| matches!(save, NoteSave::Saved(_))).count();
        assert_eq!(saved, 1, "round {round}");
    }
}

#[tokio::test]
async fn a_colleague_in_the_visit_finds_no_note() {
    let world = World::seeded().await;
    let (lee, visit) = (world.lee().await, world.visit_with(ANA).await);
    save(&world, &lee, &visit, 0, WORDS).await;
    world.invite_okafor(visit.id).await;
    let okafor = world.okafor().await;
    let mut scope = world.store.clinician(&okafor).begin().await.unwrap();
    assert!(scope.visit(visit.id).await.unwrap().is_some());
    assert!(scope.note(visit.id).await.unwrap().is_none());
    assert!(scope.data_key(ANA).await.unwrap().is_none());
}

#[tokio::test]
async fn a_colleague_can_not_write_into_the_visit_of_another() {
    let world = World::seeded().await;
    let visit = world.invite_okafor(world.visit_with(ANA).await.id).await;
    let (lee, okafor) = (world.lee().await, world.okafor().await);
    let key = world.vault.new_data_key(Some(ANA), world.now).unwrap();
    let mut scope = world.store.clinician(&okafor).begin().await.unwrap();
    let refused = scope.keep_data_key(ANA, &key, world.now).await.err();
    assert_eq!(refused, Some(StorageError::NotAllowed));
    drop(scope);

    save(&world, &lee, &visit, 0, "Lee's words").await;
    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    let stored = scope.note(visit.id).await.unwrap().unwrap();
    drop(scope);
    let note = SaveNote {
        note: stored.id,
        visit: visit.id,
        patient: ANA,
        expected: NoteVersion(1),
        sealed: stored.sealed,
        key: stored.key.id,
        now: world.now,
    };
    let mut scope = world.store.clinician(&okafor).begin().await.unwrap();
    assert_eq!(
        scope.save_note(&note).await,
        Ok(NoteSave::Changed(NoteVersion(0))),
        "it finds no note to change"
    );
    let first = SaveNote { expected: NoteVersion(0), note: NoteId::new(world.now, &*world.entropy), ..note };
    assert_eq!(scope.save_note(&first).await, Err(StorageError::NotAllowed), "not even that there is one");
}

#[tokio::test]
async fn a_note_can_not_be_tied_to_another_patient() {
    let world = World::seeded().await;
    let (lee, of_ana) = (world.lee().await, world.visit_with(ANA).await);
    save(&world, &lee, &of_ana, 0, WORDS).await;
    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    let stored = scope.note(of_ana.id).await.unwrap().unwrap();
    let moved = SaveNote {
        note: NoteId::new(world.now, &*world.entropy),
        visit: world.visit_with(BEN).await.id,
        patient: ANA,
        expected: NoteVersion(0),
        sealed: stored.sealed,
        key: stored.key.id,
        now: world.now,
    };
    let refused = scope.save_note(&moved).await.err();
    assert_eq!(refused, Some(StorageError::Constraint("note_patient_visit_fkey".to_owned())));
}

#[tokio::test]
async fn the_table_holds_no_word_of_it() {
    let world = World::seeded().await;
    let (lee, visit) = (world.lee().await, world.visit_with(ANA).await);
    save(&world, &lee, &visit, 0, WORDS).await;
    let mut owner = sql::connect(&world.database.owner_url()).await;
    let hits = "select count(*) from curtain.note where position('Tuesday'::bytea in sealed_text) > 0";
    assert_eq!(sql::number(&mut owner, hits).await, Ok(0));
}
