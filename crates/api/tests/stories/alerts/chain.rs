//! The audit log is broken: administrators are told within a minute, whoever broke it and whatever else they broke.

use core::time::Duration;

use curtain_api::alerts::{Chain, check_chain};
use serde_json::json;

use super::{alarms, alerts, kinds};
use crate::support::{Browser, TestHouse};

const MINUTE: Duration = Duration::from_mins(1);

/// A house with a sealed log of some entries, checked once.
async fn with_a_log() -> (TestHouse, Browser, Chain) {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    for _ in 0..4 {
        iris.get("/api/v1/audit").await.expect(200);
    }
    house.seal().await;
    let mut chain = Chain::default();
    check_chain(&house.house, &mut chain).await.expect("checked");
    assert!(kinds(&mut iris).await.is_empty(), "it is whole");
    (house, iris, chain)
}

/// Checks what is due after so long. The session of Iris does not outlive a day.
async fn check_after(house: &TestHouse, chain: &mut Chain, time: Duration) -> Browser {
    house.clock.advance(time);
    check_chain(&house.house, chain).await.expect("checked");
    house.sign_in(&house.iris).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_log_that_grows_raises_nothing() {
    let (house, mut iris, mut chain) = with_a_log().await;
    for _ in 0..3 {
        iris.get("/api/v1/audit").await.expect(200);
        house.seal().await;
        iris = check_after(&house, &mut chain, MINUTE).await;
    }
    check_after(&house, &mut chain, Duration::from_hours(24)).await;
    assert!(kinds(&mut house.sign_in(&house.iris).await).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_was_cut_off_is_told_within_a_minute_and_once() {
    let (house, _, mut chain) = with_a_log().await;
    house.tamper("delete from curtain.audit_entry where number > 3").await;
    let mut iris = check_after(&house, &mut chain, MINUTE).await;
    assert_eq!(kinds(&mut iris).await, ["audit_break"]);
    assert_eq!(alarms(&house).await, 1);
    let mut iris = check_after(&house, &mut chain, MINUTE).await;
    assert_eq!((kinds(&mut iris).await.len(), alarms(&house).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_entry_that_does_not_fit_is_told_within_a_minute() {
    let (house, mut iris, mut chain) = with_a_log().await;
    iris.get("/api/v1/audit").await.expect(200);
    house.seal().await;
    house
        .tamper(
            "update curtain.audit_event set outcome = 'denied' where id = \
                 (select event from curtain.audit_entry order by number desc limit 1)",
        )
        .await;
    let mut iris = check_after(&house, &mut chain, MINUTE).await;
    assert_eq!(kinds(&mut iris).await, ["audit_break"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_long_ago_is_told_within_a_day() {
    let (house, _, mut chain) = with_a_log().await;
    house
        .tamper(
            "update curtain.audit_event set outcome = 'denied' where id = \
                 (select event from curtain.audit_entry where number = 2)",
        )
        .await;
    let mut iris = check_after(&house, &mut chain, MINUTE).await;
    assert!(kinds(&mut iris).await.is_empty(), "that minute looks at what is new");
    let mut iris = check_after(&house, &mut chain, Duration::from_hours(24)).await;
    assert_eq!(kinds(&mut iris).await, ["audit_break"]);
    assert_eq!(alerts(&mut iris).await["alerts"][0]["entry"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_can_not_be_read_or_written_is_told_all_the_same() {
    let (house, mut iris, mut chain) = with_a_log().await;
    house
        .tamper(
            "revoke select on curtain.audit_entry from curtain_worker; \
             revoke insert (at, kind, outcome, actor, actor_role, session, subject, patient, visit, detail) \
             on curtain.audit_event from curtain_worker, curtain_credentials",
        )
        .await;
    house.clock.advance(MINUTE);
    check_chain(&house.house, &mut chain).await.expect("told");
    assert_eq!(kinds(&mut iris).await, ["audit_break"]);
    assert_eq!(alerts(&mut iris).await["alerts"][0]["entry"], 0, "it could not be checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_verify_finds_is_an_alert_too() {
    let (house, mut iris, _) = with_a_log().await;
    house
        .tamper(
            "update curtain.audit_event set outcome = 'denied' where id = \
                 (select event from curtain.audit_entry where number = 2)",
        )
        .await;
    for _ in 0..2 {
        let report = iris.post("/api/v1/audit/verify", json!({})).await.expect(200).json();
        assert_eq!(report["whole"], false);
    }
    assert_eq!(kinds(&mut iris).await, ["audit_break"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_tell_of_one_break_once() {
    let (house, _, _) = with_a_log().await;
    house.tamper("delete from curtain.audit_entry where number = 2").await;
    let (mut one, mut two) = (Chain::default(), Chain::default());
    let (first, second) =
        tokio::join!(check_chain(&house.house, &mut one), check_chain(&house.house, &mut two));
    first.and(second).expect("checked");
    let mut iris = house.sign_in(&house.iris).await;
    assert_eq!((kinds(&mut iris).await.len(), alarms(&house).await), (1, 1));
}
