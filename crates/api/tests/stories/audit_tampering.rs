//! Somebody with every right on the database changes the log (T32). Each way is found, with the number where it begins.

use curtain_api::audit::verify;
use serde_json::{Value, json};

use crate::support::TestHouse;

/// A house with a sealed and signed log of some entries.
async fn with_a_log() -> TestHouse {
    let house = TestHouse::open().await;
    let visit = house.visit(&house.ana, &house.lee, &[]).await;
    let mut lee = house.sign_in(&house.lee).await;
    for version in 0..4 {
        let tag = format!("\"{version}\"");
        let note = format!("/api/v1/visits/{visit}/note");
        lee.put(&note, Some(&tag), json!({"text": "words"})).await.expect(200);
    }
    house.seal().await;
    house
}

/// What an auditor is told.
async fn report(house: &TestHouse) -> Value {
    let mut paul = house.sign_in(&house.paul).await;
    paul.post("/api/v1/audit/verify", json!({})).await.expect(200).json()
}

async fn assert_found(house: &TestHouse, number: u64, kind: &str) {
    let report = report(house).await;
    assert_eq!(report["whole"], false);
    assert!(
        report["breaks"].as_array().expect("breaks").contains(&json!({"number": number, "kind": kind})),
        "{report}"
    );
}

#[tokio::test]
async fn an_untouched_log_is_whole() {
    let house = with_a_log().await;
    let report = report(&house).await;
    assert_eq!((&report["whole"], &report["breaks"]), (&json!(true), &json!([])));
    assert_eq!(report["entries"], report["checkpoint"], "signed to its end");
    assert!(report["entries"].as_u64().is_some_and(|entries| entries >= 6), "{report}");
}

#[tokio::test]
async fn a_changed_event_is_found_in_every_column() {
    for change in [
        "at = at + interval '1 second'",
        "recorded_at = recorded_at - interval '1 second'",
        "kind = 'note_read'",
        "outcome = 'failure'",
        "actor = gen_random_uuid()",
        "actor_role = 'patient'",
        "session = null",
        "subject = gen_random_uuid()",
        "patient = null",
        "visit = gen_random_uuid()",
        "detail = 'version=9'",
    ] {
        let house = with_a_log().await;
        let third = "(select event from curtain.audit_entry where number = 3)";
        house.tamper(&format!("update curtain.audit_event set {change} where id = {third}")).await;
        assert_found(&house, 3, "changed").await;
    }
}

#[tokio::test]
async fn a_deleted_event_and_a_deleted_entry_are_found() {
    let house = with_a_log().await;
    let third = "(select event from curtain.audit_entry where number = 3)";
    house.tamper(&format!("delete from curtain.audit_event where id = {third}")).await;
    assert_found(&house, 3, "event_missing").await;
    house.tamper("delete from curtain.audit_entry where number = 3").await;
    assert_found(&house, 3, "gap").await;
}

#[tokio::test]
async fn two_entries_that_changed_places_are_found() {
    let house = with_a_log().await;
    house
        .tamper(
            "update curtain.audit_entry set number = number + 1000 where number in (3, 4); \
             update curtain.audit_entry set number = case number when 1003 then 4 else 3 end where number > 1000",
        )
        .await;
    assert_found(&house, 3, "unlinked").await;
}

#[tokio::test]
async fn a_tail_that_was_cut_off_is_found_by_the_file() {
    let house = with_a_log().await;
    house
        .tamper(
            "delete from curtain.audit_checkpoint; \
             delete from curtain.audit_event where id in (select event from curtain.audit_entry where number > 3); \
             delete from curtain.audit_entry where number > 3",
        )
        .await;
    assert_found(&house, 4, "cut_off").await;
}

#[tokio::test]
async fn a_log_that_was_emptied_is_found_by_the_file() {
    let house = with_a_log().await;
    house.tamper("truncate curtain.audit_checkpoint, curtain.audit_entry, curtain.audit_event").await;
    assert_found(&house, 1, "cut_off").await;
}

#[tokio::test]
async fn a_chain_made_anew_is_found_by_the_file() {
    let house = with_a_log().await;
    // Everything but the file is consistent afterwards: the server itself seals and signs the forged story.
    house
        .tamper(
            "delete from curtain.audit_checkpoint; delete from curtain.audit_entry; \
             update curtain.audit_event set actor = gen_random_uuid() where kind = 'note_written'",
        )
        .await;
    let signed = house.audit.checkpoints().expect("a file").pop().expect("a checkpoint").checkpoint.number;
    house.seal().await;
    assert_found(&house, signed, "rewritten").await;
}

#[tokio::test]
async fn a_forged_checkpoint_is_found() {
    let house = with_a_log().await;
    house
        .tamper("update curtain.audit_checkpoint set signature = set_byte(signature, 7, get_byte(signature, 7) # 1)")
        .await;
    let signed = house.audit.checkpoints().expect("a file").pop().expect("a checkpoint").checkpoint.number;
    assert_found(&house, signed, "forged").await;
}

#[tokio::test]
async fn a_line_of_the_file_that_was_changed_is_found() {
    let house = with_a_log().await;
    let file = house.audit.file().expect("a file");
    let text = std::fs::read_to_string(file).expect("text");
    let number = house.audit.checkpoints().expect("a file")[0].checkpoint.number;
    std::fs::write(file, text.replacen(&format!("\n{number}\n"), "\n2\n", 1)).expect("written");
    assert_found(&house, 2, "forged").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_seal_one_log_without_gap_or_double() {
    let house = TestHouse::open().await;
    house
        .tamper(
            "insert into curtain.audit_event (at, kind, outcome) \
             select now(), 'policy_changed', 'success' from generate_series(1, 2000)",
        )
        .await;
    tokio::join!(house.seal(), house.seal(), house.seal());
    house.seal().await;
    let mut scope = house.store.worker().begin().await.expect("a unit of work");
    let report = verify(scope.audit_log(), &house.audit).await.expect("verified");
    assert_eq!((report.is_whole(), report.entries), (true, 2_000), "{:?}", report.breaks);
    let (newest, _) = report.checkpoint.expect("signed");
    assert_eq!(newest, 2_000);
}
